/*
 * readthrough asks what an espresso costs. Finding out is slow, so the price is
 * kept for a minute: however many guests ask at once, one finds out.
 */
#include "program.h"

static const char price[] = "espresso 2.40 EUR";

static int program(void)
{
	char value[64];
	size_t n;
	wasikv_vacancy vacancy;

	switch (wasikv_get_or_set(WASIKV_STR("price:espresso"), value, sizeof value, &n, &vacancy)) {
	case WASIKV_OK:
		SAY("hit ");
		say(value, n);
		SAY("\n");
		return 0;
	case WASIKV_VACANT:
		pause_ms(50); /* stands for a slow call to somewhere else */
		if (wasikv_fill(vacancy, price, sizeof price - 1, 60000) == WASIKV_OK) {
			SAY("computed ");
			say(price, sizeof price - 1);
			SAY("\n");
			return 0;
		}
		break;
	case WASIKV_TOO_LARGE:
		SAY("the cached price is longer than a price\n");
		return 1;
	default:
		break;
	}
	SAY("readthrough: ");
	say_text(wasikv_trace());
	SAY("\n");
	return 1;
}
