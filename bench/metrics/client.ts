import { connect, type Socket } from 'node:net';

/** A bare HTTP/1.1 client on one kept connection: it must cost less than what it measures. */
export class Scraper {
	readonly #request: Buffer;
	readonly #port: number;
	#socket: Socket | undefined;
	#chunks: Buffer[] = [];
	#done: ((answer: Answer) => void) | undefined;
	#failed: ((error: Error) => void) | undefined;

	constructor(port: number) {
		this.#port = port;
		this.#request = Buffer.from(
			`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/plain;version=0.0.4\r\n\r\n`,
		);
	}

	/** One scrape; rejects when it has no answer within `timeoutMs`, and then connects anew. */
	async scrape(timeoutMs = 10_000): Promise<Answer> {
		const socket = await this.#connected();
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<Answer>((resolve, reject) => {
				this.#done = resolve;
				this.#failed = reject;
				timer = setTimeout(() => reject(new Error('no answer')), timeoutMs);
				socket.write(this.#request);
			});
		} catch (error) {
			this.close();
			throw error;
		} finally {
			clearTimeout(timer);
			this.#chunks = [];
		}
	}

	close(): void {
		this.#socket?.destroy();
		this.#socket = undefined;
	}

	async #connected(): Promise<Socket> {
		if (this.#socket) return this.#socket;
		const socket = connect(this.#port, '127.0.0.1');
		socket.setNoDelay(true);
		await new Promise((resolve, reject) => {
			socket.once('connect', resolve);
			socket.once('error', reject);
		});
		socket.on('data', (chunk) => this.#take(chunk));
		socket.on('error', () => {});
		socket.on('close', () => {
			if (this.#socket === socket) this.#socket = undefined;
			this.#failed?.(new Error('connection closed'));
		});
		this.#socket = socket;
		return socket;
	}

	#take(chunk: Buffer): void {
		this.#chunks.push(chunk);
		const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
		const headEnd = all.indexOf('\r\n\r\n');
		if (headEnd < 0) return;
		const head = all.toString('latin1', 0, headEnd);
		const length = /content-length: (\d+)/i.exec(head)?.[1];
		const isWhole = length
			? all.length >= headEnd + 4 + Number(length)
			: all.subarray(-5).equals(lastChunk);
		if (isWhole) this.#done?.({ status: Number(head.slice(9, 12)), bytes: all.length, body: all });
	}
}

/** What came back; `body` still has the header in front. */
export type Answer = { readonly status: number; readonly bytes: number; readonly body: Buffer };

const lastChunk = Buffer.from('0\r\n\r\n');
