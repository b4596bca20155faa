import type { Sampler } from '../../source/catalog/sampler.ts';
import type { Session } from '../../source/postgres/session.ts';

/** Server time in ms over all rounds. On a busy machine the fastest tells the query's own cost. */
export type Timing = { readonly median: number; readonly fastest: number };

/** Of each sampler, by `pack/name` and `.variant`, and of `select 1` under the name {@link floor}. */
export type Timings = ReadonlyMap<string, Timing>;

/** The row of the table that stands for the message itself. */
export const floor = 'floor (select 1)';

const warmups = 3;
/** High enough that a slow sampler is measured and not cancelled. */
const timeoutMs = 60_000;

/**
 * Asks each sampler `rounds` times in the message form of the program, in turns, so that what else
 * the machine does hits all alike.
 * @throws the server's error when a sampler fails
 */
export async function measure(
	session: Session,
	samplers: readonly Sampler[],
	rounds: number,
): Promise<Timings> {
	const subjects = [
		{ name: floor, sql: 'select 1' },
		...samplers.map(({ id, variant, sql }) => ({ name: variant ? `${id}.${variant}` : id, sql })),
	];
	const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
	for (let round = -warmups; round < rounds; round += 1) {
		for (const { name, sql } of subjects) {
			const [answer] = await session.run([{ sql, timeoutMs, isKept: true }]);
			if (answer?.kind !== 'rows') throw new Error(name, { cause: answer?.error });
			if (round >= 0) times.get(name)?.push(answer.serverMs);
		}
	}
	return new Map([...times].map(([name, values]) => [name, timingOf(values)]));
}

function timingOf(values: readonly number[]): Timing {
	const sorted = values.toSorted((a, b) => a - b);
	return {
		median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
		fastest: sorted[0] ?? Number.NaN,
	};
}

/** A table in Markdown: median and fastest at each size, and the growth of both from first to last. */
export function table(bySize: ReadonlyMap<number, Timings>): string {
	const columns = [...bySize.values()];
	const lines = [...(columns[0]?.keys() ?? [])].map((name) => {
		const timings = columns.map((timings) => timings.get(name) ?? timingOf([]));
		const growth = (of: keyof Timing) =>
			((timings.at(-1)?.[of] ?? Number.NaN) / (timings[0]?.[of] ?? Number.NaN)).toFixed(2);
		const cells = timings.map(
			({ median, fastest }) => `${median.toFixed(2)} / ${fastest.toFixed(2)}`,
		);
		return `| ${[name, ...cells, `${growth('median')}× / ${growth('fastest')}×`].join(' | ')} |`;
	});
	const sizes = [...bySize.keys()].map((size) => size.toLocaleString('en-US'));
	return [
		`| server ms, median / fastest | ${sizes.join(' | ')} | growth |`,
		`|---|${'---:|'.repeat(sizes.length + 1)}`,
		...lines,
	].join('\n');
}
