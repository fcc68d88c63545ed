import type { FormEvent } from "react";
import { useLayoutEffect, useRef, useState } from "react";
import { asFailure, type Failure } from "../api/failure";

export interface FormState {
  busy: boolean;
  /** What is wrong with the field of that name. */
  error: (name: string) => string | undefined;
  /** What is wrong with no field in particular. */
  problem: string | undefined;
  submit: (event: FormEvent<HTMLFormElement>) => void;
}

/** Sends a form's values; of what comes back wrong, the first field is focused. */
export function useForm(send: (values: Record<string, string>) => Promise<void>): FormState {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const sending = useRef(false);
  const form = useRef<HTMLFormElement>(null);

  // Once the page shows it, which a frame that was asked for may come before.
  useLayoutEffect(() => {
    if (failure && !busy) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [failure, busy]);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending.current) return;
    form.current = event.currentTarget;
    const values = Object.fromEntries([...new FormData(form.current)].map(([name, value]) => [name, String(value)]));
    sending.current = true;
    setBusy(true);
    setFailure(undefined);
    send(values)
      .catch((error: unknown) => setFailure(asFailure(error)))
      .finally(() => {
        sending.current = false;
        setBusy(false);
      });
  }

  const fields = failure?.fields ?? {};
  return {
    busy,
    submit,
    error: (name) => fields[name],
    problem: failure && Object.keys(fields).length === 0 ? failure.message : undefined,
  };
}
