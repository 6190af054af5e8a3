.PHONY: run test lint fuzz bench chaos schemathesis lighthouse sqlx openapi clean

run: ## the coffee shop: a primary, two clusters, a registry; Ctrl-C ends it
	@scripts/setup.sh
	@examples/coffee-shop/run.sh

test: ## every test, then the tour
	@scripts/setup.sh
	@scripts/test.sh

lint: ## everything that is checked without running the programs
	@scripts/setup.sh lint
	@scripts/lint.sh

fuzz: ## made-up input for every parser of the scanner, a short while each
	@scripts/setup.sh
	@scripts/fuzz.sh $(SECONDS_EACH)

bench: ## the measured promises; prints a table, writes bench/results.json
	@scripts/setup.sh
	@scripts/bench.sh $(PARTS)

chaos: ## faults at random moments; SEED=7 repeats a run, PARTS="kills network" chooses
	@scripts/setup.sh
	@scripts/chaos.sh $(PARTS)

schemathesis: ## whatever the OpenAPI document allows, asked of a throwaway primary
	@scripts/setup.sh lint
	@scripts/build.sh
	@scripts/schemathesis.sh $(SECONDS_IN_ALL)

lighthouse: ## how fast, accessible and sound the portal is, by Lighthouse
	@scripts/setup.sh
	@examples/coffee-shop/run.sh --throwaway --until web/tests/lighthouse.sh --slow

sqlx: ## renew primary/.sqlx after a change of a query or a migration
	@scripts/setup.sh
	@scripts/sqlx.sh

# Without the portal: it may use already what the document does not have yet.
programs := cargo build --quiet --locked --features tokio/test-util -p palisade-primary -p palisade-agent
openapi: ## renew openapi/ after a change of the REST API
	$(programs)
	target/debug/palisade-agent openapi >target/cluster.json
	cmp --silent target/cluster.json openapi/cluster.json || mv target/cluster.json openapi/
	# The primary's document has what clusters answer.
	$(programs)
	target/debug/palisade-primary openapi >target/palisade.json
	mv target/palisade.json openapi/

clean: ## forget the coffee shop and all that was built
	@examples/coffee-shop/run.sh --forget
	cargo clean
