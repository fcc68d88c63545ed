import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { signOut, session } from "../session";
import { useStore } from "../store";
import { href, Link, useLocation } from "../router";
import { Avatar } from "./controls";
import { Icon, Mark } from "./icons";

let pages = 0;

/** A page's name in the tab, and the focus on its heading when it came by a link of ours. */
export function useTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title ? `${title} · parley` : "parley";
  }, [title]);
  useEffect(() => {
    if (pages++ > 0) heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}

export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useTitle(title);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}

/** For those who look for it. Beside the pages of the client, so no link of its router. */
export function Foot() {
  return (
    <footer className="foot">
      <a href="/docs">API</a>
      <a href={href("/licences.txt")}>Licences</a>
    </footer>
  );
}

export function Shell({ children }: { children: ReactNode }) {
  const now = useStore(session);
  const { pathname } = useLocation();
  const name = now.phase === "in" ? now.user.full_name || now.user.username : "";
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link to="/" className="brand" aria-label="parley, all rooms">
          <Mark />
          <span>parley</span>
        </Link>
        {now.phase === "in" && (
          <nav aria-label="Account">
            <Link to="/account" className="who" aria-current={pathname === "/account" ? "page" : undefined}>
              <Avatar name={name} />
              <span className="who-name">{name}</span>
              <span className="sr">, your account</span>
            </Link>
            <button type="button" className="icon-button" aria-label="Sign out" title="Sign out" onClick={signOut}>
              <Icon name="out" />
            </button>
          </nav>
        )}
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Foot />
    </div>
  );
}
