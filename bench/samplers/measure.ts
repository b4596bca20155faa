import type { Sampler } from '../../source/catalog/sampler.ts';
import type { Session } from '../../source/postgres/session.ts';

/** Median server time of each sampler in ms, by `pack/name` and `.variant`; `floor` is that of `select 1`. */
export type Medians = ReadonlyMap<string, number>;

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
): Promise<Medians> {
	const subjects = [
		{ name: floor, sql: 'select 1' },
		...samplers.map(({ id, variant, sql }) => ({ name: variant ? `${id}.${variant}` : id, sql })),
	];
	const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
	for (let round = -warmups; round < rounds; round += 1) {
		for (const { name, sql } of subjects) {
			const [answer] = await session.run([{ sql, timeoutMs }]);
			if (answer?.kind !== 'rows') throw new Error(name, { cause: answer?.error });
			if (round >= 0) times.get(name)?.push(answer.serverMs);
		}
	}
	return new Map([...times].map(([name, values]) => [name, median(values)]));
}

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A table in Markdown: ms at each size, and the growth from the first size to the last. */
export function table(bySize: ReadonlyMap<number, Medians>): string {
	const sizes = [...bySize.keys()];
	const first = bySize.get(sizes[0] ?? 0);
	const last = bySize.get(sizes.at(-1) ?? 0);
	const lines = [...(first?.keys() ?? [])].map((name) => {
		const cells = sizes.map((size) => (bySize.get(size)?.get(name) ?? Number.NaN).toFixed(2));
		const growth = (last?.get(name) ?? Number.NaN) / (first?.get(name) ?? Number.NaN);
		return `| ${[name, ...cells, `${growth.toFixed(2)}×`].join(' | ')} |`;
	});
	const counts = sizes.map((size) => size.toLocaleString('en-US'));
	return [
		`| sampler, server ms | ${counts.join(' | ')} | growth |`,
		`|---|${'---:|'.repeat(sizes.length + 1)}`,
		...lines,
	].join('\n');
}
