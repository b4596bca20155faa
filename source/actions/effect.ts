import { createHash } from 'node:crypto';
import { sanitise } from '../lib/text.ts';
import { type Whole, wholeOf } from './json.ts';

/** Why a bucket differs from raw. */
export type Kind =
	/** It waits for a tick: queued, or its usage is newer than the watermark. */
	| 'pending'
	/** Raw says otherwise. */
	| 'drift'
	/** Nothing raw is behind it. */
	| 'ghost';
export const kinds = ['pending', 'drift', 'ghost'] as const satisfies readonly Kind[];

/** What a workspace's buckets of one day become. */
export type EffectGroup = {
	/** Number of the slice, from 0. */
	readonly slot: number;
	readonly workspace: string;
	/** `2025-11-03`; UTC for hourly buckets. */
	readonly day: string;
	readonly inserted: number;
	readonly changed: number;
	readonly deleted: number;
	readonly tokensBefore: Whole;
	readonly tokensAfter: Whole;
	/** Of every value before and after. */
	readonly digest: string;
};

/** One differing bucket. Texts are sanitised, numbers are the server's digits; null: there is no row. */
export type Sample = {
	readonly kind: Kind;
	readonly effect: 'inserted' | 'changed' | 'deleted';
	readonly bucket: string;
	readonly key: Readonly<Record<string, string | null>>;
	readonly before: Readonly<Record<string, string | null>>;
	readonly after: Readonly<Record<string, string | null>>;
};

/** What doing something would change, or has changed. */
export type Effect = {
	/** Buckets that were looked at. */
	readonly buckets: number;
	/** Differing buckets by kind; meaningless for a window, whose point is that they wait. */
	readonly kinds: Readonly<Record<Kind, number>>;
	/** The newest bucket that is drift or ghost, in ms as spans have it; undefined: there is none. */
	readonly newestWrongMs: number | undefined;
	readonly groups: readonly EffectGroup[];
	readonly samples: readonly Sample[];
};

type Wire = {
	buckets: number;
	kinds: Partial<Record<Kind, number>>;
	newestWrongMs: number | null;
	groups: (Omit<EffectGroup, 'tokensBefore' | 'tokensAfter'> & Record<string, string>)[];
	samples: Sample[];
};

/** Reads the one row that every statement of effect-sql returns. */
export function decodeEffect([row]: readonly { effect: unknown }[]): Effect {
	const {
		buckets,
		kinds: found,
		newestWrongMs,
		groups,
		samples,
	} = (row as { effect: Wire }).effect;
	return {
		buckets,
		kinds: { pending: found.pending ?? 0, drift: found.drift ?? 0, ghost: found.ghost ?? 0 },
		newestWrongMs: newestWrongMs ?? undefined,
		groups: groups.map((group) => ({
			...group,
			tokensBefore: wholeOf(group.tokensBefore ?? '0'),
			tokensAfter: wholeOf(group.tokensAfter ?? '0'),
		})),
		samples: samples.map((sample) => ({
			...sample,
			key: Object.fromEntries(
				Object.entries(sample.key).map(([name, text]) => [
					name,
					text === null ? null : sanitise(text),
				]),
			),
		})),
	};
}

export const noEffect: Effect = {
	buckets: 0,
	kinds: { pending: 0, drift: 0, ghost: 0 },
	newestWrongMs: undefined,
	groups: [],
	samples: [],
};

/** Two effects as one; samples up to a number. */
export function addEffects(a: Effect, b: Effect, maxSamples = 100): Effect {
	return {
		buckets: a.buckets + b.buckets,
		kinds: {
			pending: a.kinds.pending + b.kinds.pending,
			drift: a.kinds.drift + b.kinds.drift,
			ghost: a.kinds.ghost + b.kinds.ghost,
		},
		newestWrongMs: newer(a.newestWrongMs, b.newestWrongMs),
		groups: [...a.groups, ...b.groups],
		samples: [...a.samples, ...b.samples].slice(0, maxSamples),
	};
}

const newer = (a: number | undefined, b: number | undefined): number | undefined =>
	a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);

/** The counts of an effect's groups. */
export function totalOf(groups: readonly EffectGroup[]) {
	const sum = (pick: (group: EffectGroup) => number) =>
		groups.reduce((total, group) => total + pick(group), 0);
	const exact = (pick: (group: EffectGroup) => Whole) =>
		wholeOf(String(groups.reduce((total, group) => total + BigInt(pick(group)), 0n)));
	return {
		inserted: sum(({ inserted }) => inserted),
		changed: sum(({ changed }) => changed),
		deleted: sum(({ deleted }) => deleted),
		tokensBefore: exact(({ tokensBefore }) => tokensBefore),
		tokensAfter: exact(({ tokensAfter }) => tokensAfter),
	};
}

/** Buckets that would be written. */
export function touchedBy(groups: readonly EffectGroup[]): number {
	const { inserted, changed, deleted } = totalOf(groups);
	return inserted + changed + deleted;
}

/** A short name for exactly this effect on exactly these buckets. */
export function planHash(what: string, groups: readonly EffectGroup[]): string {
	const hash = createHash('sha256').update(what);
	for (const { slot, workspace, day, digest } of groups) {
		hash.update(`\n${slot} ${workspace} ${day} ${digest}`);
	}
	return hash.digest('hex').slice(0, 16);
}

/** What of a plan no longer holds, one phrase each; empty: it does to the last number. */
export function movedSince(
	planned: readonly EffectGroup[],
	found: readonly EffectGroup[],
): readonly string[] {
	const name = ({ workspace, day }: EffectGroup) => `${day} workspace ${workspace}`;
	const before = new Map(planned.map((group) => [name(group), group]));
	const now = new Map(found.map((group) => [name(group), group]));
	const moved: string[] = [];
	for (const key of new Set([...before.keys(), ...now.keys()])) {
		const [then, since] = [before.get(key), now.get(key)];
		if (then?.digest === since?.digest) continue;
		moved.push(`${key}: planned ${phrase(then)}, now ${phrase(since)}`);
	}
	return moved;
}

function phrase(group: EffectGroup | undefined): string {
	if (group === undefined) return 'nothing';
	const { inserted, changed, deleted, tokensBefore, tokensAfter } = group;
	return `+${inserted} ~${changed} −${deleted} buckets, ${tokensBefore} → ${tokensAfter} tokens`;
}
