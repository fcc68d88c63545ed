import type { ReactNode } from "react";
import { Link, navigate, safeNext } from "../router";
import { signIn, signUp } from "../session";
import { Button, Field, Notice, Password } from "../ui/controls";
import { useForm } from "../ui/form";
import { Mark } from "../ui/icons";
import { Foot, Heading } from "../ui/page";

function Entrance({ children }: { children: ReactNode }) {
  return (
    <main className="entrance">
      <section className="pitch" aria-hidden="true">
        <div className="pitch-art">
          <i />
          <i />
        </div>
        <p className="pitch-line">Talk to the people you invite.</p>
        <p className="pitch-more">A room, a link, your faces. Nothing to install.</p>
      </section>
      <section className="entrance-form">
        <p className="brand">
          <Mark />
          <span>parley</span>
        </p>
        {children}
        <Foot />
      </section>
    </main>
  );
}

function query(next: string | null): string {
  return next ? `?next=${encodeURIComponent(next)}` : "";
}

function invited(next: string | null): boolean {
  return next?.startsWith("/room/") ?? false;
}

export function SignInPage({ next, expired }: { next: string | null; expired: boolean }) {
  const form = useForm(async ({ username = "", password = "" }) => {
    await signIn(username, password);
    navigate(safeNext(next), { replace: true });
  });
  return (
    <Entrance>
      <Heading title="Sign in" />
      {invited(next) && !expired && <p className="lead">You were invited to a room. Sign in, and you are there.</p>}
      {expired && <Notice>Your session has ended. Sign in to go on where you were.</Notice>}
      {form.problem && <Notice kind="bad">{form.problem}</Notice>}
      <form onSubmit={form.submit}>
        <Field label="Username" name="username" autoComplete="username" required autoCapitalize="none" spellCheck={false} error={form.error("username")} />
        <Password label="Password" name="password" autoComplete="current-password" required error={form.error("password")} />
        <Button look="main" type="submit" busy={form.busy} className="wide">
          Sign in
        </Button>
      </form>
      <p className="other">
        New here? <Link to={`/signup${query(next)}`}>Create an account</Link>
      </p>
    </Entrance>
  );
}

export function SignUpPage({ next }: { next: string | null }) {
  const form = useForm(async ({ username = "", email = "", password = "", full_name = "" }) => {
    await signUp({ username, email, password, full_name: full_name.trim() || null });
    navigate(safeNext(next), { replace: true });
  });
  return (
    <Entrance>
      <Heading title="Create an account" />
      {invited(next) && <p className="lead">You were invited to a room. One account, and you are there.</p>}
      {form.problem && <Notice kind="bad">{form.problem}</Notice>}
      <form onSubmit={form.submit}>
        <Field label="Your name" name="full_name" autoComplete="name" optional maxLength={100} error={form.error("full_name")} />
        <Field
          label="Username"
          name="username"
          autoComplete="username"
          required
          maxLength={50}
          autoCapitalize="none"
          spellCheck={false}
          hint="What others see in a call. It cannot be changed later."
          error={form.error("username")}
        />
        <Field label="E-mail" name="email" type="email" autoComplete="email" required maxLength={100} error={form.error("email")} />
        <Password
          label="Password"
          name="password"
          autoComplete="new-password"
          required
          maxLength={128}
          hint="Six characters or more; a sentence is best."
          error={form.error("password")}
        />
        <Button look="main" type="submit" busy={form.busy} className="wide">
          Create account
        </Button>
      </form>
      <p className="other">
        Have an account? <Link to={`/signin${query(next)}`}>Sign in</Link>
      </p>
    </Entrance>
  );
}
