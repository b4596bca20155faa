import { measure } from '../health/measure.ts';
import { walkedIn } from '../health/measure-rollups.ts';
import type { Reading } from '../sampling/reading.ts';
import { isDenied, rowsOf } from '../sampling/reading.ts';
import { rollupsOf } from '../sampling/rollup.ts';
import type { Family, Series } from './family.ts';
import type { GatedSample } from './sample-gate.ts';

/** What the families of tidemark itself are made of. */
export type OwnSource = GatedSample & {
	/** This program's version. */
	readonly version: string;
	/** Whether the last good values of a sampler are young enough. */
	readonly isTold: (samplerId: string) => boolean;
	/** A moment of the server's clock by this machine's; both in ms since the epoch. */
	readonly toLocal: (at: number) => number;
	/** This machine's clock in ms since the epoch. */
	readonly now: number;
};

type Definition = Pick<Family, 'help' | 'type'> & {
	readonly series: (source: OwnSource) => readonly Series[];
};

/** By name: up, build info, the last sample, each sampler, each judged signal, the process. */
const definitions = {
	tidemark_up: {
		help: '1 while the database answers: the connection is live and the sample that was due came in time, or still may.',
		type: 'gauge',
		series: ({ isUp }) => [plain(isUp ? 1 : 0)],
	},
	tidemark_build_info: {
		help: 'Always 1; the version of tidemark and of the Node.js that runs it.',
		type: 'gauge',
		series: ({ version }) => [{ labels: { version, node: process.versions.node }, value: 1 }],
	},
	tidemark_server_info: {
		help: 'Always 1; the version of the watched Postgres and whether it is a standby. Absent before the first connection.',
		type: 'gauge',
		series: ({ snapshot: { identity } }) =>
			identity
				? [{ labels: { version: identity.version, standby: String(identity.isStandby) }, value: 1 }]
				: [],
	},
	tidemark_last_sample_timestamp_seconds: {
		help: "When the database last answered, by this machine's clock. Absent before the first answer.",
		type: 'gauge',
		series: (source) => whenSampled(source, (at) => at / 1000),
	},
	tidemark_last_sample_age_seconds: {
		help: 'Time since the database last answered. Absent before the first answer.',
		type: 'gauge',
		series: (source) => whenSampled(source, (at) => ageSeconds(at, source.now)),
	},
	tidemark_last_sample_duration_seconds: {
		help: 'What the last sample took, from the first byte sent to the last value decoded.',
		type: 'gauge',
		series: ({ snapshot: { trip } }) => (trip ? [plain(trip.wallMs / 1000)] : []),
	},
	tidemark_sampler_last_sample_timestamp_seconds: {
		help: "When the sampler's values were true, by this machine's clock.",
		type: 'gauge',
		series: (source) => perSampler(source, ({ at }) => source.toLocal(at) / 1000),
	},
	tidemark_sampler_age_seconds: {
		help: "Age of the sampler's values; grows while the sampler fails.",
		type: 'gauge',
		series: (source) => perSampler(source, ({ at }) => ageSeconds(source.toLocal(at), source.now)),
	},
	tidemark_sampler_duration_seconds: {
		help: "What the sampler's last good run took on the server.",
		type: 'gauge',
		series: (source) => perSampler(source, ({ cost }) => cost.serverMs / 1000),
	},
	tidemark_sampler_rows: {
		help: "Rows of the sampler's last good run.",
		type: 'gauge',
		series: (source) => perSampler(source, (reading) => rowsOf(reading)?.length ?? 0),
	},
	tidemark_sampler_failures: {
		help: 'How often in a row the sampler has failed; 0 while it works.',
		type: 'gauge',
		series: ({ snapshot }) =>
			[...snapshot.readings].flatMap(([sampler, reading]) =>
				reading.kind === 'pending' || reading.kind === 'unavailable'
					? []
					: [{ labels: { sampler }, value: 'failures' in reading ? reading.failures : 0 }],
			),
	},
	tidemark_sampler_available: {
		help: '1 where the database has what the sampler needs and this role may read it; 0, and why (denied, absent), where it is not asked.',
		type: 'gauge',
		series: ({ snapshot }) =>
			[...snapshot.readings].flatMap(([sampler, reading]) =>
				reading.kind === 'pending' ? [] : [availability(sampler, reading)],
			),
	},
	tidemark_signal_value: {
		help: 'The value of each signal that the console judges, in the unit of its threshold (tidemark alerts lists them).',
		type: 'gauge',
		series: signalSeries,
	},
	tidemark_rollup_walked: {
		help: '1 while a backfill or a replay is seen at work on the rollup: that it is behind is by right then.',
		type: 'gauge',
		series: walkedSeries,
	},
	process_start_time_seconds: {
		help: 'When this process started, in seconds since the epoch.',
		type: 'gauge',
		series: () => [plain(Math.round(performance.timeOrigin / 1000))],
	},
	process_cpu_seconds_total: {
		help: 'Processor time of this process.',
		type: 'counter',
		series: () => {
			const { user, system } = process.cpuUsage();
			return [plain((user + system) / 1e6)];
		},
	},
	process_resident_memory_bytes: {
		help: 'Memory of this process that is resident.',
		type: 'gauge',
		series: () => [plain(process.memoryUsage.rss())],
	},
} as const satisfies Readonly<Record<string, Definition>>;

/** The names of tidemark's own metrics; no sampler may use one. */
export const ownNames = Object.keys(definitions);

/**
 * The names of those that are true only of a process that goes on: in a file that a node_exporter reads
 * an age would stay as young as it was, and its own process is not this one.
 */
export const livingNames: ReadonlySet<string> = new Set(
	ownNames.filter((name) => name.startsWith('process_') || name.endsWith('_age_seconds')),
);

/** The families of tidemark itself. */
export const ownFamilies = (source: OwnSource): Family[] =>
	Object.entries<Definition>(definitions).map(([name, { help, type, series }]) => ({
		name,
		help,
		type,
		series: series(source),
	}));

const plain = (value: number): Series => ({ labels: {}, value });

/** To the millisecond; a moment that two clocks put into the future is now. */
const ageSeconds = (at: number, now: number): number => Math.max(0, Math.round(now - at) / 1000);

function whenSampled(source: OwnSource, value: (localAt: number) => number): Series[] {
	const { snapshot, toLocal } = source;
	const isSampled = [...snapshot.readings.values()].some((reading) => 'at' in reading);
	return isSampled ? [plain(value(toLocal(snapshot.at)))] : [];
}

type Sampled = Extract<Reading, { readonly at: number }>;

/** A series for each sampler that has values, fresh or stale. */
const perSampler = (
	{ snapshot }: OwnSource,
	value: (reading: Sampled) => number,
): readonly Series[] =>
	[...snapshot.readings].flatMap(([sampler, reading]) =>
		'at' in reading ? [{ labels: { sampler }, value: value(reading) }] : [],
	);

/** What has the sampler asked has no reason: the series of one that was silenced is another one. */
function availability(sampler: string, reading: Reading): Series {
	if (reading.kind !== 'unavailable') return { labels: { sampler }, value: 1 };
	return { labels: { sampler, reason: isDenied(reading) ? 'denied' : 'absent' }, value: 0 };
}

/** Unknown values have no series, nor have those read off rows that are too old. */
function signalSeries({ snapshot, isTold }: OwnSource): readonly Series[] {
	return measure(snapshot).flatMap(({ signal, subject, sampler, value }) => {
		const isKnown = isTold(sampler) || signal === 'sampler-failing';
		return value === undefined || !isKnown ? [] : [{ labels: { signal, subject }, value }];
	});
}

/** Nothing is said of a pipeline whose lock can't be seen. */
function walkedSeries({ snapshot, isTold }: OwnSource): readonly Series[] {
	const walked = walkedIn(snapshot);
	return rollupsOf(snapshot).data.flatMap(({ pipeline, lock }) =>
		lock === undefined || !isTold(`rollup/${pipeline}-lock`)
			? []
			: [{ labels: { pipeline }, value: walked.has(pipeline) ? 1 : 0 }],
	);
}
