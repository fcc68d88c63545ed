import type { ReactNode } from "react";
import { Component } from "react";
import { Link } from "../router";
import { Button } from "../ui/controls";
import { Icon, type IconName } from "../ui/icons";
import { Heading, Shell } from "../ui/page";

export function Starting({ dark = false }: { dark?: boolean }) {
  return (
    <div className={`starting ${dark ? "on-stage" : ""}`} role="status">
      <span className="spinner large" aria-hidden="true" />
      <span className="sr">Loading</span>
    </div>
  );
}

export function StatePage({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <Shell>
      <div className="state">
        <span className="empty-icon">
          <Icon name={icon} size={32} />
        </span>
        <Heading title={title} />
        {children}
      </div>
    </Shell>
  );
}

export function AwayPage() {
  return (
    <StatePage icon="away" title="The server is away">
      <p>parley cannot be reached at the moment. This page goes on by itself as soon as it is back.</p>
      <p className="waiting" role="status">
        <span className="spinner" aria-hidden="true" /> Trying again…
      </p>
    </StatePage>
  );
}

export function AwayBanner() {
  return (
    <p className="away" role="status">
      <Icon name="away" size={18} /> The server cannot be reached. Trying again…
    </p>
  );
}

export function NotFoundPage() {
  return (
    <StatePage icon="search" title="There is nothing here">
      <p>The address may be mistyped, or the page has moved.</p>
      <Link className="button main" to="/">
        All rooms
      </Link>
    </StatePage>
  );
}

/** The last resort: a mistake of ours is told, and a reload offered. */
export class CrashGuard extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="state" role="alert">
        <span className="empty-icon">
          <Icon name="warn" size={32} />
        </span>
        <h1>Something broke</h1>
        <p>That was our mistake, or a new version of parley arrived meanwhile.</p>
        <Button look="main" onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    );
  }
}
