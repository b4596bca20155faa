import type { Proof, Proofs } from '../proof.ts';
import { type Clean, listOf, numbersOf, objectOf, textOf } from './read-json.ts';

/** Of a {@link Proof}, in this order; null stands for what is not known. */
const numbers = [
	'fromMs',
	'toMs',
	'sinceMs',
	'drift',
	'ghosts',
	'confirmed',
	'newestWrongMs',
	'oldestWrongMs',
] as const;

/** The numbers, whether it is whole, why it doesn't go on. */
export type EncodedProof = readonly [
	numbers: readonly (number | null)[],
	isWhole: boolean,
	halt: string | null,
];

/** By pipeline, those that are others than before; 0: it is proven no longer. */
export type EncodedProofs = Readonly<Record<string, EncodedProof | 0>>;

/** What of the proofs is new since the sample before; undefined: nothing. */
export function encodeProofs(proofs: Proofs, before: Proofs): EncodedProofs | undefined {
	if (proofs === before) return undefined;
	const gone = [...before.keys()].filter((name) => !proofs.has(name));
	const fresh = [...proofs].filter(([name, proof]) => before.get(name) !== proof);
	if (gone.length + fresh.length === 0) return undefined;
	return Object.fromEntries([
		...gone.map((name) => [name, 0] as const),
		...fresh.map(([name, proof]) => [name, encodeProof(proof)] as const),
	]);
}

const encodeProof = (proof: Proof): EncodedProof => [
	numbers.map((name) => proof[name] ?? null),
	proof.isWhole,
	proof.halt ?? null,
];

/** The proofs that were encoded. @throws NotASample */
export function decodeProofs(value: unknown, before: Proofs | undefined, clean: Clean): Proofs {
	const proofs = new Map(before);
	for (const [key, encoded] of Object.entries(objectOf(value, 'proofs'))) {
		const name = clean(key);
		if (encoded === 0) proofs.delete(name);
		else proofs.set(name, decodeProof(encoded, clean));
	}
	return proofs;
}

function decodeProof(value: unknown, clean: Clean): Proof {
	const [known, isWhole, halt] = listOf(value, 'a proof');
	const [fromMs, toMs = 0, sinceMs = 0, drift = 0, ghosts = 0, confirmed = 0, newest, oldest] =
		numbersOf(known, numbers.length);
	return {
		fromMs: present(fromMs),
		toMs,
		isWhole: isWhole === true,
		sinceMs,
		drift,
		ghosts,
		confirmed,
		newestWrongMs: present(newest),
		oldestWrongMs: present(oldest),
		halt: halt === null ? undefined : textOf(halt, clean),
	};
}

/** What JSON has null for is read as not a number. */
const present = (value: number | undefined): number | undefined =>
	Number.isNaN(value) ? undefined : value;
