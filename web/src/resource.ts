import { useCallback, useEffect, useRef, useState } from "react";
import { asFailure, type Failure } from "./api/failure";
import { away } from "./api/server";
import { useStore } from "./store";

/** What LiveKit tells the server of somebody who has just left is there by then. */
export const SETTLED = 2000;

/** What was loaded last, so that going back shows a page at once. */
const kept = new Map<string, unknown>();

export function forgetResources(): void {
  kept.clear();
}

export interface Resource<T> {
  data: T | undefined;
  failure: Failure | undefined;
  reload: () => void;
}

/**
 * Loads something for a page, keeps it fresh while the page is looked at, and
 * loads it again when the server is back. A later failure leaves what is there.
 * `first` is the pause before it is loaded a second time, when that is not `every`.
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  every?: number,
  first = every,
): Resource<T> {
  const [state, setState] = useState<{ key: string; data?: T; failure?: Failure }>({ key });
  const [round, setRound] = useState(0);
  const gone = useStore(away);
  const loader = useRef(load);
  loader.current = load;

  useEffect(() => {
    if (gone) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = first;

    async function once() {
      timer = undefined;
      try {
        const data = await loader.current(stop.signal);
        if (stop.signal.aborted) return;
        kept.set(key, data);
        setState({ key, data });
      } catch (error) {
        if (stop.signal.aborted) return;
        const failure = asFailure(error);
        setState((last) => ({ ...(last.key === key ? last : {}), key, failure }));
      }
      again();
    }
    function again() {
      if (pause && !timer && !stop.signal.aborted && document.visibilityState === "visible") {
        timer = setTimeout(once, pause);
        pause = every;
      }
    }
    function seen() {
      if (document.visibilityState === "visible" && every && !timer) void once();
    }

    void once();
    document.addEventListener("visibilitychange", seen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, every, first, round, gone]);

  const reload = useCallback(() => setRound((last) => last + 1), []);
  const mine = state.key === key ? state : undefined;
  return {
    data: mine?.data ?? (kept.get(key) as T | undefined),
    failure: mine?.failure,
    reload,
  };
}
