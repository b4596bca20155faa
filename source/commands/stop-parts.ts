/** A server says goodbye in a moment, or not at all: it may be frozen. In ms. */
export const longestGoodbyeMs = 1500;

/** Stops sampling and closes the connections; a server that doesn't answer is not waited for. */
export async function stopParts(parts: { stop(): Promise<unknown> }): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const patience = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, longestGoodbyeMs);
	});
	await Promise.race([parts.stop(), patience]);
	clearTimeout(timer);
}
