import { deflateRaw, inflateRawSync } from 'node:zlib';
import type { Snapshot } from '../snapshot.ts';
import { decodeSample } from './decode-sample.ts';
import { encodeSample } from './encode-sample.ts';

/** Samples are packed in blocks of so many: to read one, all before it in its block are read. */
export const blockSamples = 64;
/** A block that has become as large is packed before it is full, in characters. */
const blockCharacters = 256 * 1024;
/** Packing is done beside this thread, and must not cost more than it saves. */
const packing = { level: 1 } as const;

type Block = {
	readonly firstSeq: number;
	count: number;
	/** Lines of JSON until they are packed. */
	data: string[] | Buffer;
	/** Of the data, about. */
	bytes: number;
};

/**
 * Snapshots as what changed from one to the next, packed in blocks; decoded when somebody looks.
 * Their `seq` counts up by one.
 */
export class Archive {
	readonly #blocks: Block[] = [];
	#newest: Snapshot | undefined;
	#bytes = 0;
	#decoded: { readonly block: Block; readonly snapshots: readonly Snapshot[] } | undefined;

	/** What all of it takes, about. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Where the oldest block begins; undefined while there is none. */
	get oldestSeq(): number | undefined {
		return this.#blocks[0]?.firstSeq;
	}

	/** The first of the block that a snapshot is in: what is kept beside it begins there too. */
	blockOf(seq: number): { readonly firstSeq: number; readonly count: number } | undefined {
		return this.#blocks.findLast(
			({ firstSeq, count }) => seq >= firstSeq && seq < firstSeq + count,
		);
	}

	add(snapshot: Snapshot): void {
		const current = this.#blocks.at(-1);
		const isOpen =
			current !== undefined &&
			current.count < blockSamples &&
			Array.isArray(current.data) &&
			current.bytes < blockCharacters;
		if (current && !isOpen) this.#pack(current);
		const block = isOpen ? current : this.#begin(snapshot.seq);
		const line = JSON.stringify(encodeSample(snapshot, isOpen ? this.#newest : undefined));
		if (Array.isArray(block.data)) block.data.push(line);
		block.count += 1;
		block.bytes += line.length;
		this.#bytes += line.length;
		this.#newest = snapshot;
	}

	/** Forgets the oldest block; how many snapshots that were. */
	dropOldest(): number {
		const block = this.#blocks.shift();
		this.#bytes -= block?.bytes ?? 0;
		return block?.count ?? 0;
	}

	/** How many snapshots the oldest block has, and whether it is the only one. */
	get oldestBlock(): { readonly count: number; readonly isOnly: boolean } {
		return { count: this.#blocks[0]?.count ?? 0, isOnly: this.#blocks.length < 2 };
	}

	/** The snapshot with this number; undefined where it is no longer, or was never, kept. */
	get(seq: number): Snapshot | undefined {
		if (seq === this.#newest?.seq) return this.#newest;
		const block = this.#blocks.findLast(({ firstSeq }) => firstSeq <= seq);
		return block && this.#decode(block)[seq - block.firstSeq];
	}

	/** All that is kept from this number on, oldest first. */
	*from(seq: number): Iterable<Snapshot> {
		for (const block of this.#blocks) {
			if (block.firstSeq + block.count <= seq) continue;
			yield* this.#decode(block).slice(Math.max(0, seq - block.firstSeq));
		}
	}

	#begin(firstSeq: number): Block {
		const block: Block = { firstSeq, count: 0, data: [], bytes: 0 };
		this.#blocks.push(block);
		return block;
	}

	#pack(block: Block): void {
		const { data } = block;
		if (!Array.isArray(data)) return;
		deflateRaw(data.join('\n'), packing, (error, packed) => {
			// Unpacked it is as good, only larger; and it may have been forgotten meanwhile.
			if (error || !this.#blocks.includes(block)) return;
			this.#bytes += packed.length - block.bytes;
			block.bytes = packed.length;
			block.data = packed;
		});
	}

	#decode(block: Block): readonly Snapshot[] {
		const known = this.#decoded;
		if (known?.block === block && known.snapshots.length === block.count) return known.snapshots;
		const { data } = block;
		const lines = Array.isArray(data) ? data : inflateRawSync(data).toString().split('\n');
		const snapshots: Snapshot[] = [];
		for (const line of lines) snapshots.push(decodeSample(JSON.parse(line), snapshots.at(-1)));
		this.#decoded = { block, snapshots };
		return snapshots;
	}
}
