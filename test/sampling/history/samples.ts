import type { Proof } from '../../../source/sampling/proof.ts';
import type { Cell, Reading, Row } from '../../../source/sampling/reading.ts';
import type {
	ConnectionState,
	ServerIdentity,
	Snapshot,
} from '../../../source/sampling/snapshot.ts';
import { fc } from '../../support/properties.ts';

/** The server of all samples here. */
export const identity: ServerIdentity = {
	user: 'app',
	database: 'multica',
	version: '17.6',
	host: 'db-1',
	port: 5432,
	isStandby: false,
	isTls: true,
	isPooled: false,
};

/** A snapshot two seconds after the one with the number before. */
export function numbered(seq: number, readings: Readonly<Record<string, Reading>> = {}): Snapshot {
	const at = 1_763_000_000_000 + seq * 2000;
	return {
		seq,
		at,
		answeredAt: at + 5,
		publishedAt: at + 5,
		connection: { kind: 'live', since: 0, identity },
		identity,
		readings: new Map(Object.entries(readings)),
		advice: new Map(),
	};
}

const time = fc.integer({ min: 0, max: 2 ** 44 });
const cell: fc.Arbitrary<Cell> = fc.oneof(
	fc.string({ unit: 'grapheme', maxLength: 8 }),
	fc.double(),
	fc.bigInt(),
	fc.boolean(),
	fc.constant(null),
);
const rows: fc.Arbitrary<readonly Row[]> = fc
	.uniqueArray(fc.stringMatching(/^[a-z_0-9]{1,3}$/), { minLength: 1, maxLength: 3 })
	.chain((columns) =>
		fc.array(fc.record(Object.fromEntries(columns.map((column) => [column, cell]))), {
			maxLength: 4,
		}),
	) as fc.Arbitrary<readonly Row[]>;
// A duration by a clock: never below zero, and JSON has no other zero either.
const cost = fc.record({ serverMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) });
const failure = fc.record(
	{ sentence: fc.string(), sqlstate: fc.string() },
	{ requiredKeys: ['sentence'] },
);
const failures = fc.nat();

const reading: fc.Arbitrary<Reading> = fc.oneof(
	fc.record({ kind: fc.constant('pending' as const) }),
	fc.record({ kind: fc.constant('ok' as const), rows, at: time, cost }),
	fc.record({ kind: fc.constant('empty' as const), at: time, cost }),
	fc.record({ kind: fc.constant('stale' as const), rows, at: time, cost, failure, failures }),
	fc.record({ kind: fc.constant('failed' as const), failure, failures }),
	fc.record({ kind: fc.constant('unavailable' as const), reason: fc.string() }),
) as fc.Arbitrary<Reading>;

const maybe = fc.option(time, { nil: undefined });
const proof: fc.Arbitrary<Proof> = fc.record({
	fromMs: maybe,
	toMs: time,
	isWhole: fc.boolean(),
	sinceMs: time,
	drift: fc.nat(),
	ghosts: fc.nat(),
	confirmed: fc.nat(),
	newestWrongMs: maybe,
	oldestWrongMs: maybe,
	halt: fc.option(fc.string(), { nil: undefined }),
});

const where = fc.string();
const connection: fc.Arbitrary<ConnectionState> = fc.oneof(
	fc.record({ kind: fc.constant('connecting' as const), since: time, where }),
	fc.record({ kind: fc.constant('live' as const), since: time, identity: fc.constant(identity) }),
	fc.record({
		kind: fc.constant('lost' as const),
		since: time,
		where,
		failureClass: fc.string(),
		sentence: fc.string(),
		attempts: fc.nat(),
		nextTryAt: time,
	}),
);

type Step = {
	readonly snapshot: Omit<Snapshot, 'readings'>;
	readonly changed: Record<string, Reading>;
};

const step: fc.Arbitrary<Step> = fc.record({
	snapshot: fc.record(
		{
			seq: fc.nat(),
			at: time,
			answeredAt: time,
			publishedAt: time,
			connection,
			identity: fc.constant(identity),
			advice: fc
				.array(fc.tuple(fc.string(), fc.string()), { maxLength: 2 })
				.map((all) => new Map(all)),
			proofs: fc
				.record({ daily: proof, hourly: proof }, { requiredKeys: ['hourly'] })
				.map((all) => new Map(Object.entries(all))),
			trip: fc.record({ wallMs: fc.nat(), serverMs: fc.nat(), samplers: fc.nat() }),
		},
		{ requiredKeys: ['seq', 'at', 'answeredAt', 'publishedAt', 'connection', 'advice', 'proofs'] },
	),
	changed: fc.dictionary(fc.constantFrom('a/1', 'a/2', 'b/1'), reading),
}) as fc.Arbitrary<Step>;

/** Snapshots one after the other, of which each takes over what didn't change, as the sampler does. */
export const snapshots: fc.Arbitrary<readonly Snapshot[]> = fc
	.tuple(fc.array(step, { minLength: 1, maxLength: 12 }), fc.nat())
	.map(([steps, firstSeq]) => {
		const all: Snapshot[] = [];
		for (const { snapshot, changed } of steps) {
			const before = all.at(-1)?.readings ?? new Map<string, Reading>();
			const readings = new Map([...before, ...Object.entries(changed)]);
			all.push({ ...snapshot, seq: firstSeq + all.length, readings });
		}
		return all;
	});
