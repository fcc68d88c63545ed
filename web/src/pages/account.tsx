import { useState } from "react";
import { api, ask, type User } from "../api/client";
import { nameOf } from "../api/rooms";
import { useResource } from "../resource";
import { signOut, updateUser } from "../session";
import { Avatar, Button, Field, Notice, Password, Skeleton } from "../ui/controls";
import { useForm } from "../ui/form";
import { Heading, Shell } from "../ui/page";
import { toast } from "../ui/toast";
import { since } from "../words";

function Profile({ user }: { user: User }) {
  const form = useForm(async ({ email = "", full_name = "" }) => {
    updateUser(await ask(api.PATCH("/auth/me", { body: { email, full_name: full_name.trim() || null } })));
    toast("Profile saved");
  });
  return (
    <section className="panel" aria-labelledby="profile-title">
      <h2 id="profile-title">Profile</h2>
      {form.problem && <Notice kind="bad">{form.problem}</Notice>}
      <form onSubmit={form.submit}>
        <Field label="Your name" name="full_name" optional maxLength={100} autoComplete="name" defaultValue={user.full_name ?? ""} error={form.error("full_name")} />
        <Field label="E-mail" name="email" type="email" required maxLength={100} autoComplete="email" defaultValue={user.email} error={form.error("email")} />
        <Field label="Username" name="username" readOnly autoComplete="username" value={user.username} hint="Stays as it is: it is your identity in calls." />
        <Button look="main" type="submit" busy={form.busy}>
          Save profile
        </Button>
      </form>
    </section>
  );
}

function PasswordForm({ user }: { user: User }) {
  const [round, setRound] = useState(0);
  const form = useForm(async ({ current_password = "", new_password = "" }) => {
    await ask(api.POST("/auth/password", { body: { current_password, new_password } }));
    toast("Password changed");
    setRound((last) => last + 1);
  });
  return (
    <section className="panel" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      {form.problem && <Notice kind="bad">{form.problem}</Notice>}
      <form key={round} onSubmit={form.submit}>
        <input hidden readOnly name="username" autoComplete="username" value={user.username} />
        <Password label="Current password" name="current_password" autoComplete="current-password" required error={form.error("current_password")} />
        <Password
          label="New password"
          name="new_password"
          autoComplete="new-password"
          required
          maxLength={128}
          hint="Your other devices are signed out."
          error={form.error("new_password")}
        />
        <Button look="main" type="submit" busy={form.busy}>
          Change password
        </Button>
      </form>
    </section>
  );
}

/** A browser's name out of what it says of itself. */
function browser(agent: string | null): string {
  const name = /(Firefox|Edg|OPR|HeadlessChrome|Chrome|Safari|curl)\//.exec(agent ?? "")?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent ?? "")?.[1];
  const nice: Record<string, string> = { Edg: "Edge", OPR: "Opera", HeadlessChrome: "Chrome" };
  if (!name) return "Unknown device";
  return [nice[name] ?? name, system && `on ${system.replace("Mac OS X", "macOS")}`].filter(Boolean).join(" ");
}

function Devices() {
  const devices = useResource("sessions", (signal) => ask(api.GET("/auth/sessions", { signal })));

  async function end(id: string) {
    await ask(api.DELETE("/auth/sessions/{session_id}", { params: { path: { session_id: id } } })).then(
      () => toast("Signed out there"),
      (error: Error) => toast(error.message),
    );
    devices.reload();
  }

  return (
    <section className="panel" aria-labelledby="devices-title">
      <h2 id="devices-title">Where you are signed in</h2>
      {!devices.data && <Skeleton lines={2} />}
      <ul className="people">
        {devices.data?.map((device) => (
          <li key={device.id}>
            <span className="grow">
              {browser(device.user_agent)}
              <span className="hint">
                {" "}
                {[device.address, since(Date.parse(device.last_used_at))].filter(Boolean).join(" · ")}
              </span>
            </span>
            {device.current ? <span className="live on">This one</span> : <Button onClick={() => end(device.id)}>Sign out</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function AccountPage({ user }: { user: User }) {
  return (
    <Shell>
      <div className="account-head">
        <Avatar name={nameOf(user)} size={56} />
        <div>
          <Heading title="Your account">{nameOf(user)}</Heading>
          <p className="hint">@{user.username}</p>
        </div>
        <Button icon="out" onClick={signOut}>
          Sign out
        </Button>
      </div>
      <div className="account">
        <Profile user={user} />
        <PasswordForm user={user} />
        <Devices />
      </div>
    </Shell>
  );
}
