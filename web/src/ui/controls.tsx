import type { ButtonHTMLAttributes, InputHTMLAttributes, ReactNode, TextareaHTMLAttributes } from "react";
import { useId, useState } from "react";
import { Icon, type IconName } from "./icons";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: "main" | "quiet" | "danger" | "plain";
  icon?: IconName;
  busy?: boolean;
};

export function Button({ look = "quiet", icon, busy = false, children, className = "", ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} disabled={rest.disabled || busy} className={`button ${look} ${className}`}>
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
}

/** What is wrong stands beside its field, and is read out with it. */
function Frame({ id, label, hint, error, optional, children }: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className={`field ${error ? "wrong" : ""}`}>
      <label htmlFor={id}>
        {label} {optional && <span className="optional">optional</span>}
      </label>
      {children}
      {error ? (
        <p className="error" id={`${id}-note`}>
          <Icon name="warn" size={16} /> {error}
        </p>
      ) : (
        hint && (
          <p className="hint" id={`${id}-note`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

function described(id: string, { hint, error }: FieldProps) {
  return { id, "aria-invalid": error ? true : undefined, "aria-describedby": hint || error ? `${id}-note` : undefined };
}

export function Field({ label, hint, error, optional, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const frame = { label, hint, error, optional: optional ?? false };
  return (
    <Frame id={id} {...frame}>
      <input {...rest} {...described(id, frame)} />
    </Frame>
  );
}

export function TextArea({
  label,
  hint,
  error,
  optional,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const frame = { label, hint, error, optional: optional ?? false };
  return (
    <Frame id={id} {...frame}>
      <textarea {...rest} {...described(id, frame)} />
    </Frame>
  );
}

export function Password(props: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const { label, hint, error, optional, ...rest } = props;
  const frame = { label, hint, error, optional: optional ?? false };
  return (
    <Frame id={id} {...frame}>
      <div className="with-button">
        <input {...rest} {...described(id, frame)} type={shown ? "text" : "password"} />
        <button type="button" className="reveal" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? "Hide" : "Show"}
          <span className="sr"> {label}</span>
        </button>
      </div>
    </Frame>
  );
}

/** A hue of one's own, from the name alone. */
function hue(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 360;
  return sum;
}

function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? "?")][0]).join("").toUpperCase();
}

export function Avatar({ name, size = 32 }: { name: string; size?: number }) {
  const style = { "--hue": hue(name), "--size": `${size}px` } as React.CSSProperties;
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

export function Notice({ kind = "info", children }: { kind?: "info" | "bad" | "good"; children: ReactNode }) {
  return (
    <div className={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <Icon name={kind === "good" ? "check" : "warn"} />
      <div>{children}</div>
    </div>
  );
}

/** Something that comes: the shape of what will stand there. */
export function Skeleton({ lines = 1, className = "" }: { lines?: number; className?: string }) {
  return (
    <div className={`skeleton ${className}`} aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}
