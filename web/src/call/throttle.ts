/** Runs `act` at once, and then at most once every `pause` milliseconds however often it is asked to. */
export class Throttle {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = -Infinity;

  constructor(
    private readonly act: () => void,
    private readonly pause: number,
  ) {}

  readonly ask = (): void => {
    if (this.timer !== undefined) return;
    const wait = this.last + this.pause - performance.now();
    if (wait <= 0) this.run();
    else this.timer = setTimeout(this.run, wait);
  };

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private readonly run = (): void => {
    this.timer = undefined;
    this.last = performance.now();
    this.act();
  };
}
