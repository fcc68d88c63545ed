import { failureOf, unreachable } from "./api/failure";
import { noticeAway } from "./api/server";
import type { User } from "./api/client";
import { Store } from "./store";

/**
 * Who is signed in. The access token is in this module's memory and nowhere
 * else; a reload gets a new one for the httpOnly refresh cookie, which no
 * script can read.
 */
export type Session =
  | { phase: "starting" }
  | { phase: "away" }
  | { phase: "out"; expired: boolean }
  | { phase: "in"; user: User };

export const session = new Store<Session>({ phase: "starting" });

let access: string | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

export function token(): string | undefined {
  return access;
}

// Not a secret, only a hint: without it there is no cookie worth asking about,
// so a first visit starts without a request that can only be refused.
const HINT = "parley.session";

interface Tokens {
  access_token: string;
  expires_in?: number;
}

function remember(tokens: Tokens): string {
  access = tokens.access_token;
  localStorage.setItem(HINT, "1");
  clearTimeout(timer);
  if (tokens.expires_in) {
    // A minute early, so that hardly a request meets an expired one; a laptop
    // that slept through it is told by a 401.
    const early = Math.max(5, tokens.expires_in - 60);
    timer = setTimeout(() => void renew(access), Math.min(early, 86_400) * 1000);
  }
  return access;
}

function forget(expired: boolean): void {
  access = undefined;
  clearTimeout(timer);
  localStorage.removeItem(HINT);
  show({ phase: "out", expired });
}

let holds = 0;
let due: Session | undefined;

/** Keeps the pages as they are while a call runs: LiveKit does not end it because a session here did. */
export function holdSession(): () => void {
  holds++;
  return () => {
    if (--holds > 0 || !due) return;
    session.set(due);
    due = undefined;
  };
}

function show(next: Session): void {
  if (holds > 0 && next.phase === "out") due = next;
  else session.set(next);
}

class Refused extends Error {}

/** Trades the cookie for tokens. Throws Refused when there is no session any more. */
async function refresh(): Promise<Tokens> {
  const answer = await fetch("/auth/refresh", { method: "POST" });
  if (answer.ok) return (await answer.json()) as Tokens;
  if (answer.status >= 500 || answer.status === 429) throw unreachable();
  throw new Refused();
}

/** One at a time, in all tabs: the cookie changes with every use. */
async function refreshAlone(): Promise<Tokens> {
  // Only pages that came over HTTPS or from this computer have locks.
  return "locks" in navigator ? await navigator.locks.request("parley.refresh", refresh) : await refresh();
}

let renewal: Promise<string | undefined> | undefined;

/** A newer access token than `used`; undefined when the session is over. Callers share one renewal. */
export function renew(used: string | undefined): Promise<string | undefined> {
  if (access !== used) return Promise.resolve(access);
  renewal ??= refreshAlone()
    .then(remember, (error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      forget(true);
      return undefined;
    })
    .finally(() => (renewal = undefined));
  return renewal;
}

async function me(bearer: string): Promise<User> {
  const answer = await fetch("/auth/me", { headers: { Authorization: `Bearer ${bearer}` } });
  if (!answer.ok) throw failureOf(answer.status, await answer.json().catch(() => undefined));
  return (await answer.json()) as User;
}

/** Called at the start and again when the server is back: is there a session? */
export async function resume(): Promise<void> {
  if (!localStorage.getItem(HINT)) {
    session.set({ phase: "out", expired: false });
    return;
  }
  try {
    const bearer = remember(await refreshAlone());
    session.set({ phase: "in", user: await me(bearer) });
  } catch (error) {
    if (error instanceof Refused) {
      forget(false);
      return;
    }
    session.set({ phase: "away" });
    noticeAway();
  }
}

async function post(path: string, body: URLSearchParams | object): Promise<unknown> {
  const form = body instanceof URLSearchParams;
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: "POST",
      body: form ? body : JSON.stringify(body),
      ...(form ? {} : { headers: { "Content-Type": "application/json" } }),
    });
  } catch {
    noticeAway();
    throw unreachable();
  }
  const content: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw failureOf(answer.status, content);
  return content;
}

export async function signIn(username: string, password: string): Promise<void> {
  const tokens = (await post("/auth/login", new URLSearchParams({ username, password }))) as Tokens;
  session.set({ phase: "in", user: await me(remember(tokens)) });
}

export interface NewAccount {
  username: string;
  email: string;
  password: string;
  full_name: string | null;
}

export async function signUp(account: NewAccount): Promise<void> {
  await post("/auth/register", account);
  await signIn(account.username, account.password);
}

export function updateUser(user: User): void {
  if (session.get().phase === "in") session.set({ phase: "in", user });
}

export async function signOut(): Promise<void> {
  forget(false);
  await fetch("/auth/logout", { method: "POST" }).catch(() => undefined);
}

// Signed out in one tab is signed out in all.
addEventListener("storage", (event) => {
  if (event.key === HINT && event.newValue === null && session.get().phase === "in") {
    access = undefined;
    show({ phase: "out", expired: false });
  }
});
