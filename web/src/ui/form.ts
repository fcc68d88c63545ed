import type { FormEvent } from "react";
import { useRef, useState } from "react";
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

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending.current) return;
    const form = event.currentTarget;
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    sending.current = true;
    setBusy(true);
    setFailure(undefined);
    send(values)
      .catch((error: unknown) => {
        setFailure(asFailure(error));
        requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid]")?.focus());
      })
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
