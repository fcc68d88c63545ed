import { useEffect, useRef, useState } from "react";
import { useStore } from "../store";
import { Icon } from "../ui/icons";
import { toast } from "../ui/toast";
import type { CallSession } from "./call_session";

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const LINK = /(https?:\/\/[^\s<>"]+)/;

/** Text as it was written, with addresses to click on. */
function Words({ text }: { text: string }) {
  return text.split(LINK).map((part, index) =>
    index % 2 === 1 ? (
      <a key={index} href={part} target="_blank" rel="noreferrer noopener">
        {part}
      </a>
    ) : (
      part
    ),
  );
}

export function Chat({ call }: { call: CallSession }) {
  const messages = useStore(call.messages);
  const list = useRef<HTMLOListElement>(null);
  const [text, setText] = useState("");
  const newest = messages.at(-1);

  useEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "end" });
  }, [newest]);

  function send() {
    const words = text.trim();
    if (!words) return;
    setText("");
    call.say(words).catch(() => {
      setText(words);
      toast("The message was not sent");
    });
  }

  return (
    <div className="chat">
      <div className="chat-log" tabIndex={0} role="log" aria-label="Messages">
      <ol ref={list}>
        {messages.length === 0 && <li className="nothing">Messages go to everybody in the call, and are gone after it.</li>}
        {messages.map((message) => (
          <li key={`${message.from} ${message.id}`} className={message.announcement ? "announcement" : message.own ? "own" : ""}>
            <p className="chat-from">
              {message.own ? "You" : message.from} <time dateTime={new Date(message.at).toISOString()}>{time.format(message.at)}</time>
            </p>
            <p className="chat-text">
              <Words text={message.text} />
            </p>
          </li>
        ))}
      </ol>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          aria-label="Message"
          placeholder="Write a message"
          rows={1}
          maxLength={4096}
          value={text}
          autoFocus
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" className="round small main" aria-label="Send" disabled={!text.trim()}>
          <Icon name="send" />
        </button>
      </form>
    </div>
  );
}
