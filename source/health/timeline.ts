import type { Trends } from '../sampling/history/trends.ts';
import type { Store } from '../sampling/store.ts';
import type { Monitor, Report } from './monitor.ts';

/** A moment of the past that is looked at. */
export type Moment = {
	/** As it was said then. */
	readonly report: Report;
	/** Up to then. */
	readonly trends: Trends;
	/** From the sample before to this one, in ms: how often was sampled then. */
	readonly gapMs: number;
	readonly isOldest: boolean;
	readonly isNewest: boolean;
	/** It moves on by itself. */
	readonly isPlaying: boolean;
};

/** Where a step leads. */
export type TimeStep = 'back' | 'forward' | 'minute-back' | 'minute-forward' | 'end';

const minuteMs = 60_000;

/** A recording is played with its own pauses, but nobody waits out a longer one; in ms. */
const longestPauseMs = 5000;

/**
 * Where in time one looks: at what is, or at a moment of the history. Sampling goes on behind. A
 * recording has no present: its end is a moment like the others.
 */
export class Timeline {
	readonly #store: Store;
	readonly #monitor: Monitor;
	readonly #isRecording: boolean;
	readonly #listeners = new Set<() => void>();
	readonly #unsubscribe: () => void;
	#seq: number | undefined;
	#moment: Moment | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(store: Store, monitor: Monitor, isRecording = false) {
		this.#store = store;
		this.#monitor = monitor;
		this.#isRecording = isRecording;
		if (isRecording) this.#look(store.history.newestSeq);
		// What is looked at may be the next to be forgotten.
		this.#unsubscribe = store.subscribe(() => {
			if (this.#seq !== undefined && this.#seq < store.history.oldestSeq) {
				this.#look(store.history.oldestSeq);
			}
		});
	}

	/** Undefined: one looks at what is. The same object until that changes. */
	moment(): Moment | undefined {
		return this.#moment;
	}

	step(step: TimeStep): void {
		this.pause();
		const { history } = this.#store;
		const seq = this.#seq ?? history.newestSeq;
		const time = history.get(seq)?.publishedAt ?? 0;
		const targets: Readonly<Record<TimeStep, () => number>> = {
			back: () => seq - 1,
			forward: () => seq + 1,
			'minute-back': () => Math.min(seq - 1, history.seqAt(time - minuteMs)),
			'minute-forward': () => Math.max(seq + 1, history.seqAt(time + minuteMs)),
			end: () => history.newestSeq + 1,
		};
		this.#look(targets[step]());
	}

	/** Looks at the last sample at or before a time by the server's clock, in ms since the epoch. */
	goTo(at: number): void {
		const { history } = this.#store;
		const place = history.trends().times.findLastIndex((time) => time <= at);
		this.#look(history.oldestSeq + Math.max(0, place));
	}

	/** Moves on by itself, as fast as it was sampled. */
	play(): void {
		if (!this.#isRecording || this.#moment?.isNewest !== false) return;
		const pauseMs = Math.min(this.#store.history.gapMs((this.#seq ?? 0) + 1), longestPauseMs);
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#look((this.#seq ?? 0) + 1);
			if (this.#moment?.isNewest) this.pause();
			else this.play();
		}, pauseMs);
		this.#show();
	}

	pause(): void {
		if (this.#timer === undefined) return;
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#show();
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	stop(): void {
		clearTimeout(this.#timer);
		this.#unsubscribe();
		this.#listeners.clear();
	}

	#look(seq: number): void {
		const { oldestSeq, newestSeq } = this.#store.history;
		const isPresent = seq > newestSeq && !this.#isRecording;
		this.#seq = isPresent ? undefined : Math.max(oldestSeq, Math.min(newestSeq, seq));
		this.#show();
	}

	#show(): void {
		const { history } = this.#store;
		const seq = this.#seq;
		const report = seq === undefined ? undefined : this.#monitor.reportAt(seq);
		this.#moment =
			seq === undefined || report === undefined
				? undefined
				: {
						report,
						trends: history.trends(seq),
						gapMs: history.gapMs(seq),
						isOldest: seq <= history.oldestSeq,
						isNewest: seq >= history.newestSeq,
						isPlaying: this.#timer !== undefined,
					};
		for (const listener of this.#listeners) listener();
	}
}
