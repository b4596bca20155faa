import type { Sampler } from '../catalog/sampler.ts';

const tablesOf = ({ needs }: Sampler): readonly string[] =>
	needs.flatMap((need) => (need.kind === 'table' ? [need.table] : []));

/** Whether there is a table that both read. */
export function sharesTable(one: Sampler, other: Sampler): boolean {
	const tables = new Set(tablesOf(other));
	return tablesOf(one).some((table) => tables.has(table));
}

/**
 * Of samplers that a lock kept waiting, those to ask: none that shares a table with one before it. Each
 * waits for as long as a session may (250 ms), one after the other, and nobody learns more from the second.
 */
export function oneForEachLock(lockedOut: readonly Sampler[]): readonly Sampler[] {
	const asked: Sampler[] = [];
	for (const sampler of lockedOut) {
		if (!asked.some((other) => sharesTable(sampler, other))) asked.push(sampler);
	}
	return asked;
}
