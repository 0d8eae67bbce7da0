// How often a hub that changes all the time is read: a few reads in a row at once, then one each interval.
export const GAP_MS = 300; // between two reads, on average
const REST = 2; // a read that takes long has an interval that is so many times as long
const AT_ONCE = 3; // who changes two things wants to see both
const LONGEST_MS = 10_000; // a read may seem to have taken a night: the machine slept

/** `gap`: the least interval, in ms. What costs the hub more than a glance has a longer one, and never two reads in a row. */
export class Pace {
  constructor(gap = GAP_MS) {
    this.gap = gap;
    this.ahead = gap > GAP_MS ? 0 : AT_ONCE - 1;
    this.reset();
  }

  /** Whatever was read before does not count. */
  reset() {
    this.interval = this.gap;
    this.due = -Infinity; // when all reads so far have had their interval
  }

  /** How many ms from `now` until a read may begin. */
  wait(now) {
    const wait = Math.max(0, this.due - this.ahead * this.interval - now);
    return Math.min(wait, Math.max(this.gap, LONGEST_MS)); // a clock may be set back
  }

  /** A read begins. */
  begin(now) {
    this.due = Math.max(this.due, now) + this.interval;
  }

  /** It is over, after so many ms. */
  end(took) {
    const interval = Math.max(this.gap, Math.min(REST * took, LONGEST_MS));
    this.due += interval - this.interval;
    this.interval = interval;
  }
}
