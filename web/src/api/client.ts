import createClient from "openapi-fetch";
import { renew, token } from "../session";
import { Failure, failureOf, unreachable } from "./failure";
import type { components, paths } from "./schema";
import { noticeAway } from "./server";

export type User = components["schemas"]["User"];
export type Room = components["schemas"]["Room"];
export type ListedRoom = components["schemas"]["ListedRoom"];
export type Participant = components["schemas"]["Participant"];
export type Visit = components["schemas"]["Visit"];
export type Ban = components["schemas"]["Ban"];

function authorized(request: Request, bearer: string | undefined): Request {
  const copy = request.clone();
  if (bearer) copy.headers.set("Authorization", `Bearer ${bearer}`);
  return copy;
}

/**
 * Sends with the access token; one that has expired is renewed, unseen, and the
 * request sent again. (A request that is refused with 401 was not carried out.)
 */
async function send(request: Request): Promise<Response> {
  const used = token();
  const answer = await fetch(authorized(request, used));
  if (answer.status !== 401 || !used) return answer;
  const fresh = await renew(used);
  return fresh ? fetch(authorized(request, fresh)) : answer;
}

export const api = createClient<paths>({ fetch: send });

/** What a call of `api` gives, or a Failure thrown. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    noticeAway();
    throw error instanceof Failure ? error : unreachable();
  }
  if (result.response.ok) return result.data as T;
  const failure = failureOf(result.response.status, result.error);
  if (failure.away) noticeAway();
  throw failure;
}
