import type { DiagnosisInput } from '../check.ts';

/** What the samplers cost the server. */
export type WatchingCost = {
	/** Median of the server's time for a refresh, in ms, over `trips`: a first one reads cold catalogs. */
	readonly serverMs: number;
	/** Of one processor's time. */
	readonly share: number;
	readonly trips: number;
	/** The samplers that cost most when they last ran. */
	readonly dearest: readonly { readonly id: string; readonly serverMs: number }[];
};

const named = 3;
/** The last refreshes count: what was slow an hour ago is over. */
const lastTrips = 20;

/** The cost of watching, by the server's own clock; undefined before the first refresh. */
export function watchingCost({
	history,
	snapshot,
	intervalMs,
}: DiagnosisInput): WatchingCost | undefined {
	const trips = [...new Set(history.flatMap(({ trip }) => (trip ? [trip] : [])))].slice(-lastTrips);
	if (trips.length === 0) return undefined;
	const inOrder = trips.map((trip) => trip.serverMs).sort((a, b) => a - b);
	const serverMs = inOrder[Math.floor(inOrder.length / 2)] ?? 0;
	const dearest = [...snapshot.readings]
		.flatMap(([id, reading]) =>
			'cost' in reading ? [{ id, serverMs: reading.cost.serverMs }] : [],
		)
		.sort((a, b) => b.serverMs - a.serverMs)
		.slice(0, named);
	return { serverMs, share: serverMs / intervalMs, trips: trips.length, dearest };
}
