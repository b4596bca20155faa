import type { Sampler } from '../catalog/sampler.ts';
import { type Inventory, selectSamplers } from '../catalog/select.ts';
import type { Session } from '../postgres/session.ts';
import { Book } from './book.ts';
import { failed, type Reading } from './reading.ts';

/** What each sampler brought, by id; as in a snapshot, but asked once and not kept. */
export type Readings = ReadonlyMap<string, Reading>;

/** What an answer needs beyond the question. */
export type AskOptions = {
	readonly inventory: Inventory;
	/** The server's limit for a sampler without one of its own, in ms. */
	readonly statementTimeoutMs: number;
};

/**
 * Runs samplers once, outside of any cadence, in one trip: what can't run here says why.
 * @throws what ends the session
 */
export async function askOnce(
	session: Session,
	samplers: readonly Sampler[],
	{ inventory, statementTimeoutMs }: AskOptions,
): Promise<Readings> {
	const book = new Book({ statementTimeoutMs, intervalMs: () => 0 });
	const choices = selectSamplers(samplers, inventory);
	book.plan(choices);
	const runnable = choices.flatMap((choice) => (choice.kind === 'run' ? [choice.sampler] : []));
	const answers = await session.run(
		runnable.map((sampler) => ({ sql: sampler.sql, timeoutMs: book.timeoutMs(sampler) })),
	);
	for (const [index, answer] of answers.entries()) {
		const sampler = runnable[index];
		if (sampler) book.record(sampler, answer, 0);
	}
	return book.readings();
}

/** The readings when nobody could be asked. */
export const unanswered = (samplers: readonly Sampler[], sentence: string): Readings =>
	new Map(samplers.map(({ id }) => [id, failed({ kind: 'pending' }, { sentence })]));
