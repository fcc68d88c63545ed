import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { useSyncExternalStore } from "react";

/** Everything the pages know of addresses: paths below /app, and history as the browser keeps it. */
const BASE = "/app";
const watchers = new Set<() => void>();

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  addEventListener("popstate", watcher);
  return () => {
    watchers.delete(watcher);
    removeEventListener("popstate", watcher);
  };
}

function current(): string {
  const { pathname, search } = location;
  return (pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : "/") + search;
}

/** The path below /app with its query: "/room/room_ab12cd34", "/?q=team". */
export function useLocation(): URL {
  return new URL(useSyncExternalStore(watch, current), location.origin);
}

export function href(path: string): string {
  return BASE + path;
}

export function navigate(path: string, { replace = false, keepScroll = false } = {}): void {
  if (path === current()) return;
  if (replace) history.replaceState(null, "", href(path));
  else history.pushState(null, "", href(path));
  for (const watcher of [...watchers]) watcher();
  if (!keepScroll) scrollTo(0, 0);
}

/** Where to go after signing in: only ever a page of ours. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string };

export function Link({ to, onClick, ...rest }: LinkProps) {
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain || rest.target) return;
    event.preventDefault();
    navigate(to);
  }
  return <a {...rest} href={href(to)} onClick={follow} />;
}
