// Makes a chosen picture smaller before it is sent, in the colours of the screen (sRGB) and the right way up.

const BYTES_KEPT = 1024 * 1024;
const QUALITY = 0.9;
const JPEG = "image/jpeg";
// Photos, which have nothing transparent.
const OPAQUE = [JPEG, "image/heic", "image/heif"];

// The width and height of a picture whose long side has at most `side` pixels.
export function fitted(width, height, side) {
  const share = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))];
}

// A smaller file, or the file itself where it is small enough already and of one of the `types`. Null if this browser
// cannot read the file as a picture.
export async function smaller(file, side, types) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const [width, height] = fitted(image.naturalWidth, image.naturalHeight, side);
    const isSmall = width === image.naturalWidth && height === image.naturalHeight && file.size <= BYTES_KEPT;
    if (isSmall && types.includes(file.type)) return file;
    return await encoded(drawn(image, width, height), file);
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function drawn(image, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return canvas;
}

// A browser that cannot write WebP writes PNG instead, which keeps what is transparent, too.
async function encoded(canvas, { name, type }) {
  const blob = await new Promise((tell) => canvas.toBlob(tell, OPAQUE.includes(type) ? JPEG : "image/webp", QUALITY));
  if (!blob) return null;
  const ending = blob.type.split("/")[1];
  return new File([blob], `${name.replace(/\.[^.]*$/, "")}.${ending}`, { type: blob.type });
}

// The fields of a form without its files, for a request that stores nothing.
export function withoutFiles(fields) {
  for (const [name, value] of [...fields]) if (value instanceof File) fields.delete(name);
  return fields;
}
