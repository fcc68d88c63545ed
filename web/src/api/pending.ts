import { ask } from "./client";
import { renew, token } from "../session";

/** Calls that assets/openapi.json does not describe yet; each goes to `api` once it does. */
export async function pending<T>(method: string, path: string, body?: object): Promise<T> {
  const once = (bearer: string | undefined) =>
    fetch(path, {
      method,
      headers: { Authorization: `Bearer ${bearer}`, ...(body && { "Content-Type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  return ask(
    (async () => {
      const used = token();
      let response = await once(used);
      if (response.status === 401) response = await once(await renew(used));
      const content = (await response.json().catch(() => undefined)) as T;
      return response.ok ? { data: content, response } : { error: content, response };
    })(),
  );
}
