// Minify the joined scripts and compress everything with brotli: `node tools/pack.mjs FROM TO`. tools/pack.py lays out
// FROM. TO gets each script with its source map, and the compressed files, named by the hash of their content.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { minify } from "terser";

const [from, to] = process.argv.slice(2);
const fresh = `${to}.new`; // beside the old folder, so that a running server finds no half of it

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh);
for (const name of readdirSync(join(from, "scripts"))) {
  const [group] = name.split(".");
  const { code, map } = await minify(
    { [`${group}.source.js`]: readFileSync(join(from, "scripts", name), "utf8") },
    {
      module: true,
      compress: { passes: 2 },
      sourceMap: { filename: `${group}.js`, url: `${group}.js.map`, includeSources: true },
    },
  );
  writeFileSync(join(fresh, name), code);
  writeFileSync(join(fresh, `${name}.map`), map);
  compress(Buffer.from(code));
}
for (const name of readdirSync(join(from, "files"))) compress(readFileSync(join(from, "files", name)));
rmSync(to, { recursive: true, force: true });
renameSync(fresh, to);

function compress(body) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_MODE, BROTLI_PARAM_SIZE_HINT, BROTLI_MODE_TEXT } = constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: 11,
    [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT,
    [BROTLI_PARAM_SIZE_HINT]: body.length,
  };
  const name = createHash("sha256").update(body).digest("hex").slice(0, 16);
  writeFileSync(join(fresh, `${name}.br`), brotliCompressSync(body, { params }));
}
