import type { Sampler } from '../catalog/sampler.ts';
import { type Inventory, selectSamplers } from '../catalog/select.ts';
import type { Probe } from '../postgres/probe.ts';
import type { Session } from '../postgres/session.ts';
import { type Answers, answerTo, boundValues, keyOf, type Question } from './question.ts';
import { readAnswer } from './read-answer.ts';
import { failed, type Reading, succeeded } from './reading.ts';
import { meansOtherSchema, type OnSecond, reprobeMs } from './refresher.ts';

/** What a reader is made of. */
export type ReaderOptions = {
	/** Every query that can be asked; called once, when the first is. */
	readonly queries: () => readonly Sampler[];
	readonly onSecond: OnSecond;
	/** Looks up what exists of all that these queries need. */
	readonly probe: (session: Session, queries: readonly Sampler[]) => Promise<Probe>;
	/** The server's limit for a query without one of its own, in ms. */
	readonly statementTimeoutMs: number;
	/** A clock that is never set back, in ms; see `createSteadyClock`. */
	readonly now: () => number;
};

type Plan = { readonly session: Session; readonly at: number; readonly inventory: Inventory };

/**
 * Asks queries that take parameters, on the second connection: each a read-only transaction of its
 * own with the server's time limit, its values bound and never part of the text.
 */
export class Reader {
	readonly #options: ReaderOptions;
	#queries: readonly Sampler[] | undefined;
	#plan: Plan | undefined;

	constructor(options: ReaderOptions) {
		this.#options = options;
	}

	/**
	 * Asks all questions in one round trip; the first on a connection needs one more, to look up what
	 * exists here.
	 * @param before what was known of them: where asking fails, that stays
	 * @param isUrgent somebody waits: try a lost connection now
	 * @throws RangeError for a question that no query answers: a mistake in the program
	 */
	async ask(
		questions: readonly Question[],
		before: Answers = new Map(),
		isUrgent = true,
	): Promise<Answers> {
		for (const question of questions) {
			for (const query of this.#variantsOf(question)) boundValues(query, question);
		}
		const asked = await this.#options.onSecond(isUrgent, async (session) => {
			const inventory = await this.#inventory(session);
			return this.#answers(session, questions, inventory, before);
		});
		if ('answer' in asked) return asked.answer;
		const { sentence } = asked;
		return new Map(
			questions.map((each) => [keyOf(each), failed(answerTo(before, each), { sentence })]),
		);
	}

	async #answers(
		session: Session,
		questions: readonly Question[],
		inventory: Inventory,
		before: Answers,
	): Promise<Answers> {
		const choices = questions.map((question) => {
			const [choice] = selectSamplers(this.#variantsOf(question), inventory);
			return { question, choice };
		});
		const runnable = choices.flatMap(({ question, choice }) =>
			choice?.kind === 'run' ? [{ question, query: choice.sampler }] : [],
		);
		const answers = await session.run(
			runnable.map(({ question, query }) => ({
				sql: query.sql,
				values: boundValues(query, question),
				timeoutMs: this.#timeoutMs(query),
			})),
		);
		const readings = new Map<string, Reading>();
		for (const { question, choice } of choices) {
			if (choice?.kind === 'unavailable') {
				readings.set(keyOf(question), { kind: 'unavailable', reason: choice.reason });
			}
		}
		for (const [at, { question, query }] of runnable.entries()) {
			const answer = answers[at];
			if (answer === undefined) continue;
			if (answer.kind === 'error' && meansOtherSchema(answer.error)) this.#plan = undefined;
			const result = readAnswer(query, this.#timeoutMs(query), answer);
			const previous = answerTo(before, question);
			readings.set(
				keyOf(question),
				'failure' in result
					? failed(previous, result.failure)
					: succeeded(previous, result.rows, result.at, result.cost),
			);
		}
		return readings;
	}

	/** What exists here; looked up for a new connection, after an interval, and when a query says otherwise. */
	async #inventory(session: Session): Promise<Inventory> {
		const now = this.#options.now();
		const plan = this.#plan;
		if (plan?.session === session) {
			// What is a little old still serves; the newer one shares this trip and serves the next.
			if (now - plan.at >= reprobeMs) void this.#probe(session, now).catch(() => undefined);
			return plan.inventory;
		}
		return this.#probe(session, now);
	}

	async #probe(session: Session, at: number): Promise<Inventory> {
		if (this.#plan?.session === session) this.#plan = { ...this.#plan, at };
		const { inventory } = await this.#options.probe(session, this.#all());
		this.#plan = { session, at, inventory };
		return inventory;
	}

	#all(): readonly Sampler[] {
		this.#queries ??= this.#options.queries();
		return this.#queries;
	}

	#variantsOf({ query }: Question): readonly Sampler[] {
		const found = this.#all().filter(
			({ id, variant }) => id === query || (variant !== '' && `${id}.${variant}` === query),
		);
		if (found.length === 0) throw new RangeError(`there is no query ${query}`);
		return found;
	}

	#timeoutMs = (query: Sampler): number => query.timeoutMs ?? this.#options.statementTimeoutMs;
}
