/** Why a call to the server did not succeed, in words for people. */
export class Failure extends Error {
  /** The answer's status; 0 when there was no answer. */
  readonly status: number;
  /** What is wrong with which field of the form that was sent. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, message: string, fields: Record<string, string> = {}) {
    super(message);
    this.name = "Failure";
    this.status = status;
    this.fields = fields;
  }

  /** Nobody answered, or the server cannot work at the moment: it is asked again until it can. */
  get away(): boolean {
    return this.status === 0 || (this.status === 503 && !this.message.startsWith("LiveKit"));
  }
}

const AWAY = "The server cannot be reached. Check your connection.";

const OVER = "Your session has ended. Sign in again.";

/** A detail that belongs to one field of a form. */
const FIELD_OF: Readonly<Record<string, string>> = {
  "Email already registered": "email",
  "Username already taken": "username",
  "Incorrect password": "current_password",
  "User not found": "username",
};

interface ValidationError {
  type: string;
  loc: (string | number)[];
  msg: string;
}

function isValidation(detail: unknown): detail is ValidationError[] {
  return Array.isArray(detail) && detail.every((each) => Array.isArray((each as ValidationError).loc));
}

/** The server's words are for developers: "String should have at least 6 characters". */
function plain(error: ValidationError): string {
  const limit = /(\d[\d,]*)/.exec(error.msg)?.[1];
  const count = limit && Number(limit.replaceAll(",", "")).toLocaleString();
  switch (error.type) {
    case "missing":
      return "This is needed.";
    case "string_too_short":
      return count === "1" ? "This is needed." : `At least ${count ?? "more"} characters, please.`;
    case "string_too_long":
      return `At most ${count ?? "fewer"} characters, please.`;
    case "greater_than_equal":
      return `${count ?? "1"} or more, please.`;
    case "less_than_equal":
      return `${count ?? "Fewer"} at most, please.`;
    case "int_parsing":
    case "int_type":
    case "int_from_float":
      return "A whole number, please.";
    case "value_error":
      return error.loc.at(-1) === "email" ? "This is not an e-mail address that mail can reach." : error.msg;
    default:
      return error.msg;
  }
}

export function unreachable(): Failure {
  return new Failure(0, AWAY);
}

export function failureOf(status: number, body: unknown): Failure {
  const detail = (body as { detail?: unknown } | undefined)?.detail;
  if (isValidation(detail)) {
    const fields = Object.fromEntries(detail.map((each) => [String(each.loc.at(-1)), plain(each)]));
    return new Failure(status, "Please look at the marked fields.", fields);
  }
  if (status === 429) return new Failure(status, "That was too often. Wait a moment, then try again.");
  if (status >= 500) return new Failure(status, typeof detail === "string" ? `${detail}.` : AWAY);
  if (typeof detail !== "string") return new Failure(status, `The server answered with an error (${status}).`);
  if (status === 401 && detail === "Could not validate credentials") return new Failure(status, OVER);
  const field = FIELD_OF[detail];
  return new Failure(status, `${detail}.`, field ? { [field]: `${detail}.` } : {});
}

export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure(0, error instanceof Error ? error.message : String(error));
}
