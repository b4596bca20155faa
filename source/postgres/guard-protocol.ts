import type { Socket } from 'node:net';

/** One answer larger than this is no answer to what is asked here. */
const longestMessage = 256 * 1024 * 1024;
const headerBytes = 5;

/** Every message a server may send ("Message Formats" of the protocol's manual), by its letter. */
const letters = new Set(Buffer.from('RKSZENTDCIAVGHWdcnt123sv'));
const withFields = new Set(Buffer.from('EN'));

/**
 * Stands between a socket and pg's parser, and lets through whole messages only. What is not of the
 * protocol destroys the socket with a reason: pg would throw where nobody catches, and on an error
 * that doesn't end it would search for that end for ever.
 */
export function guardProtocol(stream: Socket): void {
	const emit = stream.emit.bind(stream);
	const messages = new MessageAssembler();
	stream.emit = (name: string, ...values: unknown[]): boolean => {
		if (name !== 'data') return emit(name, ...values);
		try {
			const whole = messages.take(values[0] as Buffer);
			return whole.length === 0 || emit('data', whole);
		} catch (error) {
			const words = error instanceof Error ? error.message : String(error);
			stream.destroy(new Error(`received invalid response: ${words}`, { cause: error }));
			return true;
		}
	};
}

/** Collects pieces until messages are whole, without copying the same bytes again and again. */
export class MessageAssembler {
	#pieces: Buffer[] = [];
	#length = 0;
	/** Bytes needed before there is anything to look at. */
	#wanted = headerBytes;

	/**
	 * All messages that the next piece completes, in one buffer; empty while there is none.
	 * @throws Error when a message can't be one of the protocol
	 */
	take(piece: Buffer): Buffer {
		this.#pieces.push(piece);
		this.#length += piece.length;
		if (this.#length < this.#wanted) return Buffer.alloc(0);
		const [first = piece] = this.#pieces;
		const bytes = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#length);
		let end = 0;
		this.#wanted = headerBytes;
		while (bytes.length - end >= headerBytes) {
			const size = 1 + checkedLength(bytes, end);
			this.#wanted = size;
			if (bytes.length - end < size) break;
			checkFields(bytes, end, end + size);
			end += size;
			this.#wanted = headerBytes;
		}
		const rest = bytes.subarray(end);
		this.#pieces = rest.length === 0 ? [] : [rest];
		this.#length = rest.length;
		return bytes.subarray(0, end);
	}
}

function checkedLength(bytes: Buffer, at: number): number {
	const letter = bytes[at] ?? 0;
	const length = bytes.readUInt32BE(at + 1);
	if (!letters.has(letter)) throw new Error(`no message begins with byte ${letter}`);
	if (length < 4 || length > longestMessage) throw new Error(`a message of ${length} bytes`);
	return length;
}

/** An error or a notice is pairs of a letter and a text that ends in a zero, and a zero after the last. */
function checkFields(bytes: Buffer, start: number, end: number): void {
	if (!withFields.has(bytes[start] ?? 0)) return;
	let at = start + headerBytes;
	while (at < end && bytes[at] !== 0) {
		const close = bytes.indexOf(0, at + 1);
		at = close < 0 ? end : close + 1;
	}
	if (at !== end - 1) throw new Error('an error message without its end');
}
