// Jobs that run one after the other: a frame must not overtake a catch-up.
export class Turns {
  #last = Promise.resolve();

  // Resolves when the job is done. A job that fails is logged and stops no other.
  add(job) {
    this.#last = this.#last.then(job).catch((error) => console.warn("live-room", error));
    return this.#last;
  }
}
