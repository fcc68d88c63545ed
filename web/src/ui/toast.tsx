import { Store, useStore } from "../store";

/** Short words about what just happened, read out and gone by themselves. */
interface Toast {
  id: number;
  text: string;
}

const toasts = new Store<readonly Toast[]>([]);
let last = 0;

export function toast(text: string): void {
  const id = ++last;
  toasts.set([...toasts.get().filter((each) => each.text !== text).slice(-2), { id, text }]);
  setTimeout(() => toasts.set(toasts.get().filter((each) => each.id !== id)), 5000);
}

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status">
      {shown.map((each) => (
        <p key={each.id}>{each.text}</p>
      ))}
    </div>
  );
}
