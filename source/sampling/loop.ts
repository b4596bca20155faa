import type { Sampler } from '../catalog/sampler.ts';
import type { Readings } from './ask.ts';
import type { LineClock } from './line.ts';
import { Refresher, type RefresherOptions } from './refresher.ts';
import type { Snapshot } from './snapshot.ts';

/** What the loop is made of. */
export type LoopOptions = Omit<RefresherOptions, 'intervalMs' | 'onLost' | 'clock'> & {
	readonly intervalMs: number;
	readonly clock?: LineClock;
};

/** Refreshes at an interval, one at a time, and shares what it has with all who ask. */
export class Loop {
	/** Where each refresh is published. */
	readonly store: RefresherOptions['store'];
	readonly #clock: LineClock;
	readonly #refresher: Refresher;
	#intervalMs: number;
	#isPaused = false;
	#isRunning = false;
	#timer: NodeJS.Timeout | undefined;
	#refreshing: Promise<Snapshot> | undefined;

	/** Makes a loop that stands still until it is started or asked. */
	constructor({
		intervalMs,
		clock = { now: Date.now, random: Math.random },
		...rest
	}: LoopOptions) {
		this.store = rest.store;
		this.#clock = clock;
		this.#intervalMs = intervalMs;
		this.#refresher = new Refresher({
			...rest,
			clock,
			intervalMs: () => this.#intervalMs,
			onLost: () => this.#schedule(),
		});
	}

	get isPaused(): boolean {
		return this.#isPaused;
	}

	get intervalMs(): number {
		return this.#intervalMs;
	}

	/** The cadence of its own that a sampler has here, in ms; undefined: every refresh asks it. */
	everyMs(id: string): number | undefined {
		return this.#refresher.everyMs(id);
	}

	/** Resolves when the first questions are on their way, or can't be sent. */
	get asked(): Promise<void> {
		return this.#refresher.asked;
	}

	/** Refreshes on its own from now on: at once, then at the interval. */
	start(): void {
		this.#isRunning = true;
		this.#tick();
	}

	/** Ends both connections and resolves when they are closed. */
	async stop(): Promise<void> {
		this.#isRunning = false;
		clearTimeout(this.#timer);
		await this.#refresher.close();
		await this.#refreshing;
	}

	setPaused(isPaused: boolean): void {
		this.#isPaused = isPaused;
		this.#schedule();
	}

	setIntervalMs(intervalMs: number): void {
		this.#intervalMs = intervalMs;
		this.#schedule();
	}

	/** One refresh now, or the one under way; a lost connection is tried at once. */
	refresh(): Promise<Snapshot> {
		return this.#refresh(true);
	}

	/** One refresh, and with it the samplers that have the second connection to themselves. */
	async refreshAll(): Promise<Snapshot> {
		await this.#refresh(true);
		await this.#refresher.slowTrip;
		return this.store.latest();
	}

	/**
	 * Runs samplers once that are in no plan, such as a diagnosis' evidence queries: on the second
	 * connection, never a third.
	 */
	ask(samplers: readonly Sampler[]): Promise<Readings> {
		return this.#refresher.ask(samplers);
	}

	/** The latest snapshot if it is younger than `ttlMs`, else that of one refresh for all who ask. */
	async sharedSnapshot(ttlMs: number): Promise<Snapshot> {
		const latest = this.store.latest();
		const isLive = latest.connection.kind === 'live';
		if (isLive && this.#clock.now() - latest.answeredAt < ttlMs) return latest;
		return this.#refresh(false);
	}

	#refresh(isUrgent: boolean): Promise<Snapshot> {
		this.#refreshing ??= this.#refresher.refresh(isUrgent).finally(() => {
			this.#refreshing = undefined;
			if (this.#refresher.nextTryAt !== undefined) this.#schedule();
		});
		return this.#refreshing;
	}

	#tick(): void {
		this.#schedule();
		// With a refresh still under way this tick is late: it is dropped, not queued.
		if (!this.#refreshing) void this.#refresh(false);
	}

	#schedule(): void {
		clearTimeout(this.#timer);
		if (!this.#isRunning || this.#isPaused) return;
		const { nextTryAt } = this.#refresher;
		const waitMs = nextTryAt === undefined ? this.#intervalMs : nextTryAt - this.#clock.now();
		this.#timer = setTimeout(() => this.#tick(), Math.max(waitMs, 1));
	}
}
