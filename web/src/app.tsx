import { lazy, Suspense, useEffect } from "react";
import { away } from "./api/server";
import { AccountPage } from "./pages/account";
import { RoomPage } from "./pages/room";
import { RoomsPage } from "./pages/rooms";
import { SignInPage, SignUpPage } from "./pages/sign_in";
import { AwayBanner, AwayPage, CrashGuard, NotFoundPage, Starting } from "./pages/states";
import { forgetResources } from "./resource";
import { navigate, safeNext, useLocation } from "./router";
import { resume, session } from "./session";
import { useStore } from "./store";
import { Toasts } from "./ui/toast";

/** All that a call needs comes when one enters it. */
const CallPage = lazy(() => import("./call/call_page"));

const ROOM = /^\/room\/([^/]+?)(\/call)?\/?$/;

function Redirect({ to }: { to: string }) {
  useEffect(() => navigate(to, { replace: true }), [to]);
  return <Starting />;
}

function Pages() {
  const now = useStore(session);
  const here = useLocation();
  const path = here.pathname;
  const next = here.searchParams.get("next");
  const entrance = path === "/signin" || path === "/signup";

  if (now.phase === "starting") return <Starting />;
  if (now.phase === "away") return <AwayPage />;
  if (now.phase === "out") {
    if (path === "/signin") return <SignInPage next={next} expired={now.expired} />;
    if (path === "/signup") return <SignUpPage next={next} />;
    const back = path + here.search;
    return <Redirect to={back === "/" ? "/signin" : `/signin?next=${encodeURIComponent(back)}`} />;
  }
  if (entrance) return <Redirect to={safeNext(next)} />;
  if (path === "/") return <RoomsPage />;
  if (path === "/account") return <AccountPage user={now.user} />;
  const room = ROOM.exec(path);
  if (room?.[1]) {
    const id = decodeURIComponent(room[1]);
    if (!room[2]) return <RoomPage key={id} id={id} user={now.user} />;
    return (
      <Suspense fallback={<Starting dark />}>
        <CallPage key={id} id={id} user={now.user} />
      </Suspense>
    );
  }
  return <NotFoundPage />;
}

export function App() {
  const gone = useStore(away);
  const { phase } = useStore(session);

  // A start that met no server is made up for when it is back.
  useEffect(() => {
    if (!gone && phase === "away") void resume();
  }, [gone, phase]);
  useEffect(() => {
    if (phase === "out") forgetResources();
  }, [phase]);

  return (
    <CrashGuard>
      {gone && phase !== "away" && <AwayBanner />}
      <Pages />
      <Toasts />
    </CrashGuard>
  );
}
