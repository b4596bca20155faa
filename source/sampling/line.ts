import type { OpenedSession } from '../postgres/open-session.ts';
import type { Session } from '../postgres/session.ts';
import { pauseMs } from './backoff.ts';

/** Opens a connection; rejects with the reason. The signal ends the attempt at once. */
export type OpenSession = (signal: AbortSignal) => Promise<OpenedSession>;

/** The state of the line; times are this machine's clock in ms since the epoch. */
export type LineState =
	| { readonly kind: 'connecting'; readonly since: number }
	| { readonly kind: 'live'; readonly since: number; readonly opened: OpenedSession }
	| {
			readonly kind: 'lost';
			readonly since: number;
			readonly error: unknown;
			readonly attempts: number;
			readonly nextTryAt: number;
	  };

/** What a line may be given instead of the machine's own, by tests. */
export type LineClock = { readonly now: () => number; readonly random: () => number };

/** One connection, opened when first needed and opened again with backoff for ever; never two. */
export class Line {
	readonly #open: OpenSession;
	readonly #clock: LineClock;
	readonly #onChange: () => void;
	readonly #abort = new AbortController();
	#state: LineState;
	#opening: Promise<void> | undefined;

	/** @param onChange called when the connection is lost, not when the caller itself opens it */
	constructor(open: OpenSession, onChange: () => void, clock: LineClock) {
		this.#open = open;
		this.#onChange = onChange;
		this.#clock = clock;
		this.#state = { kind: 'connecting', since: clock.now() };
	}

	get state(): LineState {
		return this.#state;
	}

	/** The live session; tries to open one if its time has come, or at once when `isUrgent`. */
	async session(isUrgent = false): Promise<Session | undefined> {
		if (this.#abort.signal.aborted) return undefined;
		const isWaiting = this.#state.kind === 'lost' && this.#clock.now() < this.#state.nextTryAt;
		if (this.#state.kind !== 'live' && (isUrgent || !isWaiting)) {
			this.#opening ??= this.#try().finally(() => {
				this.#opening = undefined;
			});
			await this.#opening;
		}
		return this.#state.kind === 'live' ? this.#state.opened.session : undefined;
	}

	/** Gives up a session that can't be used, as if it had been lost. */
	async drop(error: unknown): Promise<void> {
		if (this.#state.kind !== 'live' || this.#abort.signal.aborted) return;
		const { session } = this.#state.opened;
		this.#lose(error);
		await session.close();
	}

	/** Ends the connection, or the attempt at one, and resolves when the socket is closed. */
	async close(): Promise<void> {
		this.#abort.abort();
		await this.#opening;
		if (this.#state.kind === 'live') await this.#state.opened.session.close();
	}

	async #try(): Promise<void> {
		try {
			const opened = await this.#open(this.#abort.signal);
			this.#state = { kind: 'live', since: this.#clock.now(), opened };
			opened.session.gone.then((error) => {
				const isCurrent = this.#state.kind === 'live' && this.#state.opened === opened;
				if (this.#abort.signal.aborted || !isCurrent) return;
				this.#lose(error);
				this.#onChange();
			});
		} catch (error) {
			this.#lose(error);
		}
	}

	#lose(error: unknown): void {
		const now = this.#clock.now();
		const previous = this.#state.kind === 'lost' ? this.#state : undefined;
		const attempts = (previous?.attempts ?? 0) + 1;
		const nextTryAt = now + pauseMs(attempts, this.#clock.random());
		this.#state = { kind: 'lost', since: previous?.since ?? now, error, attempts, nextTryAt };
	}
}
