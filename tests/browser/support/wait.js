// Waiting, always with an end.

/** How long something may take that is expected to happen soon. */
export const PATIENCE_MS = 10_000;
const LOOK_MS = 20;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until there is an answer, and returns it; `what` is for the message if there never is. */
export async function until(what, ask, ms = PATIENCE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`in vain until ${what}`);
    await pause(LOOK_MS);
  }
}

/** Does so for a while, again and again. */
export async function throughout(ms, look) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(100)) await look();
}
