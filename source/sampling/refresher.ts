import type { Sampler } from '../catalog/sampler.ts';
import { selectSamplers } from '../catalog/select.ts';
import { sqlstateOf, sqlstates } from '../errors.ts';
import type { Probe } from '../postgres/probe.ts';
import type { Session } from '../postgres/session.ts';
import { askOnce, type Readings, unanswered } from './ask.ts';
import { Book, isLock, type SampleOutcome, type SamplerFacts } from './book.ts';
import { connectionOf, type Naming } from './connection-state.ts';
import { Line, type LineClock, type OpenSession } from './line.ts';
import type { Proofs } from './proof.ts';
import { nextSnapshot, type ServerIdentity, type Snapshot, type Trip } from './snapshot.ts';
import type { Store } from './store.ts';

/** What a refresher is made of. */
export type RefresherOptions = Naming & {
	readonly samplers: readonly Sampler[];
	readonly open: OpenSession;
	/** Looks up what exists of all that these samplers need. */
	readonly probe: (session: Session, samplers: readonly Sampler[]) => Promise<Probe>;
	readonly store: Store;
	readonly statementTimeoutMs: number;
	readonly intervalMs: () => number;
	/** Called when the connection is lost between two refreshes. */
	readonly onLost: () => void;
	/** Hears of every run of a sampler, and of a connection that could not be had. */
	readonly observe?: (outcome: SampleOutcome | 'acquire-failed') => void;
	readonly clock: LineClock;
};

/**
 * Does something on the second connection; says why where there is none, or it was lost.
 * @param isUrgent somebody waits: try a lost connection now
 */
export type OnSecond = <Result>(
	isUrgent: boolean,
	work: (session: Session) => Promise<Result>,
) => Promise<{ readonly answer: Result } | { readonly sentence: string }>;

/** What exists is looked up again this often: a migration may add or take away tables. */
export const reprobeMs = 30_000;

type Plan = { readonly at: number; readonly session: Session };

/** Takes one sample of everything that is due, and publishes what came of it. */
export class Refresher {
	readonly #options: RefresherOptions;
	readonly #clock: LineClock;
	readonly #book: Book;
	readonly #main: Line;
	readonly #slow: Line;
	readonly #asked = Promise.withResolvers<void>();
	#slowTrip: Promise<void> | undefined;
	/** Who is on the second connection now. */
	#borrowers = 0;
	#proofs: Proofs = new Map();
	#plan: Plan | undefined;
	#identity: ServerIdentity | undefined;

	constructor(options: RefresherOptions) {
		this.#options = options;
		this.#clock = options.clock;
		const { statementTimeoutMs, intervalMs } = options;
		this.#book = new Book({ intervalMs, statementTimeoutMs });
		const onLost = () => {
			this.#publish();
			options.onLost();
		};
		this.#main = new Line(options.open, onLost, this.#clock);
		this.#slow = new Line(options.open, () => {}, this.#clock);
	}

	/** When a lost connection is tried again, by this machine's clock in ms; undefined while there is one. */
	get nextTryAt(): number | undefined {
		return this.#main.state.kind === 'lost' ? this.#main.state.nextTryAt : undefined;
	}

	/** The cadence of its own that a sampler has here, in ms. */
	everyMs(id: string): number | undefined {
		return this.#book.everyMs(id);
	}

	/** What is known of a sampler besides its reading. */
	samplerFacts(id: string): SamplerFacts | undefined {
		return this.#book.facts(id);
	}

	/** Resolves when the first questions are on their way, or can't be sent. */
	get asked(): Promise<void> {
		return this.#asked.promise;
	}

	/** The trip of the slow samplers that is under way, if one is. */
	get slowTrip(): Promise<void> | undefined {
		return this.#slowTrip;
	}

	/** @param isUrgent somebody waits: try a lost connection now, and look again for what was missing */
	async refresh(isUrgent: boolean): Promise<Snapshot> {
		if (isUrgent && this.#book.isAnyMissing()) this.#expirePlan();
		const session = await this.#main.session(isUrgent);
		if (!session) {
			this.#options.observe?.('acquire-failed');
			this.#asked.resolve();
			return this.#publish();
		}
		try {
			const probing = this.#probe(session);
			// Without a plan for this server nothing can be asked; else the probe shares the trip.
			if (this.#plan?.session !== session) await probing;
			const [trip] = await Promise.all([this.#run(session, false), probing]);
			if (this.#isOtherRole()) {
				this.#expirePlan();
				await this.#probe(session);
			}
			// After the fast ones: nobody should wait for a second log-in to see the first screen.
			this.#slowTrip ??= this.#runSlow().finally(() => {
				this.#slowTrip = undefined;
			});
			return this.#publish(trip);
		} catch (error) {
			await this.#main.drop(error);
			return this.#publish();
		}
	}

	/** Runs samplers that have no place in the plan once, on the line of the slow ones. */
	async ask(samplers: readonly Sampler[]): Promise<Readings> {
		const { statementTimeoutMs, probe } = this.#options;
		const asked = await this.onSecond(true, async (session) => {
			const { inventory } = await probe(session, samplers);
			return askOnce(session, samplers, { inventory, statementTimeoutMs });
		});
		return 'answer' in asked ? asked.answer : unanswered(samplers, asked.sentence);
	}

	/** Lends the second connection, which the slow samplers have; it is dropped where the work fails. */
	readonly onSecond: OnSecond = async (isUrgent, work) => {
		const session = await this.#slow.session(isUrgent);
		if (!session) return { sentence: 'the second connection could not be had' };
		this.#borrowers += 1;
		try {
			return { answer: await work(session) };
		} catch (error) {
			await this.#slow.drop(error);
			return { sentence: 'the connection was lost while the server was asked' };
		} finally {
			this.#borrowers -= 1;
		}
	};

	/** Lends it to work that has time: undefined while somebody else is on it, or where there is none. */
	async aside<T>(work: (session: Session) => Promise<T>): Promise<T | undefined> {
		await this.#slowTrip;
		if (this.#borrowers > 0) return undefined;
		const lent = await this.onSecond(false, work);
		return 'answer' in lent ? lent.answer : undefined;
	}

	/** What the snapshots say from now on of how far back the rollups are proven. */
	prove(proofs: Proofs): void {
		this.#proofs = proofs;
	}

	/** Ends both connections and resolves when they are closed. */
	async close(): Promise<void> {
		await Promise.all([this.#main.close(), this.#slow.close()]);
		await this.#slowTrip;
	}

	/** Looks up what exists: for a new connection, after an interval, and when a query says otherwise. */
	async #probe(session: Session): Promise<void> {
		const now = this.#clock.now();
		if (this.#plan?.session === session) {
			if (now - this.#plan.at < reprobeMs) return;
			// A table may have grown far from what its plans were made for before its statistics say so.
			session.replan();
		}
		const probe = await this.#options.probe(session, this.#options.samplers);
		this.#plan = { at: now, session };
		this.#identify(probe);
		this.#book.plan(selectSamplers(this.#options.samplers, probe.inventory));
	}

	#identify({ role: user, database, version, isStandby }: Probe): void {
		const { state } = this.#main;
		if (state.kind !== 'live') return;
		const { host, port, isTls, isPooled } = state.opened;
		this.#identity = { user, database, version, isStandby, host, port, isTls, isPooled };
	}

	/** A promoted standby keeps its connections, and says so by itself with its next answer. */
	#isOtherRole(): boolean {
		const { state } = this.#main;
		const reported = state.kind === 'live' && state.opened.parameters.get('in_hot_standby');
		return (
			typeof reported === 'string' && (reported === 'on') !== (this.#identity?.isStandby ?? false)
		);
	}

	async #run(session: Session, isSlow: boolean): Promise<Trip> {
		const started = performance.now();
		const samplers = this.#book.due(this.#clock.now(), isSlow);
		const messages = samplers.map((sampler) => ({
			sql: sampler.sql,
			// What is asked once a minute is planned sooner than looked up.
			isKept: !isSlow,
			timeoutMs: this.#book.timeoutMs(sampler),
		}));
		const answering = session.run(messages);
		this.#asked.resolve();
		const answers = await answering;
		let serverMs = 0;
		for (const [index, sampler] of samplers.entries()) {
			const answer = answers[index];
			if (!answer) continue;
			const outcome = this.#book.record(sampler, answer, this.#clock.now());
			// One that waited for a lock has cost the server nothing.
			if (!outcome.failure || !isLock(outcome.failure)) serverMs += outcome.seconds * 1000;
			if (answer.kind === 'error' && meansOtherSchema(answer.error)) this.#expirePlan();
			this.#options.observe?.(outcome);
		}
		return { wallMs: performance.now() - started, serverMs, samplers: samplers.length };
	}

	/** Slow samplers have a connection of their own, so that no panel waits for them. */
	async #runSlow(): Promise<void> {
		const due = this.#book.due(this.#clock.now(), true);
		if (due.length === 0) return;
		const before = this.#slow.state;
		const session = await this.#slow.session();
		if (!session) {
			this.#options.observe?.('acquire-failed');
			const { state } = this.#slow;
			// Once a try: between two tries nothing new is known.
			if (state.kind !== 'lost' || state === before) return;
			const { class: failure, sentence } = this.#options.describeFailure(state.error);
			// Any other cause is soon one of the first connection too, which tells it.
			if (failure !== 'too-many-connections') return;
			this.#book.unasked(due, `the second connection could not be had: ${sentence}`);
			this.#publish();
			return;
		}
		try {
			await this.#run(session, true);
			this.#publish();
		} catch (error) {
			await this.#slow.drop(error);
		}
	}

	#expirePlan(): void {
		if (this.#plan) this.#plan = { ...this.#plan, at: Number.NEGATIVE_INFINITY };
	}

	#publish(trip?: Trip): Snapshot {
		const { store } = this.#options;
		const connection = connectionOf(this.#main.state, this.#identity, this.#options);
		const snapshot = nextSnapshot(store.latest(), this.#clock.now(), {
			connection,
			readings: this.#book.readings(),
			advice: this.#book.advice(),
			proofs: this.#proofs,
			...(this.#identity && { identity: this.#identity }),
			...(trip && { trip }),
		});
		store.publish(snapshot);
		return snapshot;
	}
}

/** Whether something that was there when it was looked up is no longer, or no longer allowed. */
export const meansOtherSchema = (error: Error): boolean => {
	const sqlstate = sqlstateOf(error) ?? '';
	return sqlstates.undefinedObject.has(sqlstate) || sqlstates.insufficientPrivilege.has(sqlstate);
};
