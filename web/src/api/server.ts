import { Store } from "../store";

/** Whether the server is away: everything that waits for it watches this. */
export const away = new Store(false);

const PAUSE = 2000;
let timer: ReturnType<typeof setTimeout> | undefined;

async function look(): Promise<void> {
  timer = undefined;
  const answer = await fetch("/ready", { cache: "no-store" }).catch(() => undefined);
  if (answer?.ok) away.set(false);
  else timer = setTimeout(look, PAUSE);
}

/** Says that a call got no answer; from then on the server is asked until it gives one. */
export function noticeAway(): void {
  away.set(true);
  timer ??= setTimeout(look, PAUSE);
}

// The computer knows first when its network is back.
addEventListener("online", () => {
  if (!away.get()) return;
  clearTimeout(timer);
  timer = setTimeout(look, 0);
});
