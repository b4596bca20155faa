import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/** Ends a run with one plain line, `N passed, N failed`: what a script reads. */
export class SummaryReporter implements Reporter {
	onTestRunEnd(
		modules: readonly TestModule[],
		errors: readonly unknown[],
		reason: TestRunEndReason,
	): void {
		let passed = 0;
		// A file that can't be loaded has no test to fail, and an unhandled error belongs to none.
		let failed = errors.length;
		for (const module of modules) {
			const states = [...module.children.allTests()].map((test) => test.result().state);
			passed += states.filter((state) => state === 'passed').length;
			const failures = states.filter((state) => state === 'failed').length;
			failed += failures || (module.state() === 'failed' ? 1 : 0);
		}
		// A run that failed before its first test, in the global setup, has failed once.
		if (reason === 'failed') failed ||= 1;
		// After the default reporter's own summary.
		process.on('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
	}
}
