import type { Snapshot } from '../sampling/snapshot.ts';

/** What a scrape is answered from. */
export type GatedSample = {
	readonly snapshot: Snapshot;
	/** The connection is live, and the sample that was due has come in time, or still may. */
	readonly isUp: boolean;
};

/** What a gate is made of. */
export type GateOptions = {
	readonly latest: () => Snapshot;
	/** One refresh for all who ask at the same time; see `Loop.sharedSnapshot`. */
	readonly refresh: (ttlMs: number) => Promise<Snapshot>;
	/** The same, but tries a lost connection now, whatever the backoff says; see `Loop.refresh`. */
	readonly reconnect: () => Promise<Snapshot>;
	/** A sample younger than this is given as it is, in ms. */
	readonly ttlMs: number;
	/** This machine's clock in ms since the epoch. */
	readonly now?: () => number;
};

/**
 * How long a scrape waits for the refresh that is due, in ms: twice what the last ones typically took
 * (their median: one slow refresh must not make the next freeze wait), inside these ends. The lower
 * one keeps an answer from memory below 100 ms; until something has been sampled the upper one holds,
 * as there is no memory to answer from.
 */
export const shortestWaitMs = 75;
export const longestWaitMs = 1000;

/**
 * A lost connection is tried again when somebody scrapes, but no sooner than this after the last try,
 * in ms. The backoff is for consoles that try by themselves; a scraper must not wait for it too.
 */
export const shortestRetryMs = 1000;

const remembered = 8;

type Refresh = {
	readonly promise: Promise<Snapshot>;
	/** Until then scrapes wait for it. */
	readonly endsAt: number;
	/**
	 * From then on it is overdue; later than `endsAt` where refreshes usually take longer than a scrape
	 * may: a slow database is not one that is away.
	 */
	readonly dueAt: number;
};

/**
 * Stands between scrapes and the database. A scrape asks for a refresh only when the sample is older
 * than the TTL, waits for it only as long as refreshes usually take, and once one is overdue nobody
 * waits any more: the answer comes from memory, and says that it does.
 */
export class SampleGate {
	readonly #options: GateOptions;
	readonly #now: () => number;
	#refreshing: Refresh | undefined;
	#tookMs: readonly number[] = [];
	#triedAt = Number.NEGATIVE_INFINITY;

	constructor(options: GateOptions) {
		this.#options = options;
		this.#now = options.now ?? Date.now;
	}

	/** A refresh is under way for longer than it may take. */
	get isOverdue(): boolean {
		return this.#refreshing !== undefined && this.#now() >= this.#refreshing.dueAt;
	}

	/** Never rejects, and resolves within {@link longestWaitMs}. */
	async read(): Promise<GatedSample> {
		const latest = this.#options.latest();
		const now = this.#now();
		const { connection, answeredAt } = latest;
		if (connection.kind === 'live' && now - answeredAt < this.#options.ttlMs) {
			return { snapshot: latest, isUp: true };
		}
		const isLost = connection.kind === 'lost';
		if (isLost && Math.abs(now - this.#triedAt) < shortestRetryMs) {
			return { snapshot: latest, isUp: false };
		}
		this.#refreshing ??= this.#refresh(now, isLost);
		const { promise, endsAt, dueAt } = this.#refreshing;
		const fresh = await within(promise, endsAt - now);
		const snapshot = fresh ?? this.#options.latest();
		const isInTime = fresh !== undefined || (dueAt > endsAt && this.#now() < dueAt);
		return { snapshot, isUp: isInTime && snapshot.connection.kind === 'live' };
	}

	#refresh(now: number, isLost: boolean): Refresh {
		this.#triedAt = now;
		const { ttlMs, refresh, reconnect } = this.#options;
		const started = performance.now();
		const before = this.#options.latest();
		const wasLive = before.connection.kind === 'live';
		const promise = (isLost ? reconnect() : refresh(ttlMs))
			.then((snapshot) => {
				// The first one also had to connect; and a slow server is spared, so that nothing was asked.
				if (snapshot.connection.kind === 'live' && wasLive && snapshot !== before) {
					this.#tookMs = [...this.#tookMs, performance.now() - started].slice(-remembered);
				}
				return snapshot;
			})
			.catch(() => this.#options.latest())
			.finally(() => {
				this.#refreshing = undefined;
			});
		const dueMs = this.#dueMs();
		return { promise, endsAt: now + Math.min(dueMs, longestWaitMs), dueAt: now + dueMs };
	}

	#dueMs(): number {
		const typicalMs = this.#tookMs.toSorted((a, b) => a - b)[this.#tookMs.length >> 1];
		if (typicalMs === undefined) {
			return this.#options.latest().identity ? shortestWaitMs : longestWaitMs;
		}
		return Math.max(2 * typicalMs, shortestWaitMs);
	}
}

/** The value if it comes within `ms`, else undefined; at once when no time is left. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
	if (ms <= 0) return undefined;
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<undefined>((resolve) => {
		timer = setTimeout(() => resolve(undefined), ms);
	});
	try {
		return await Promise.race([promise, timeout]);
	} finally {
		clearTimeout(timer);
	}
}
