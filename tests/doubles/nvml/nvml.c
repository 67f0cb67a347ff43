/* A double of libnvidia-ml.so.1: it answers as a scenario file says. No card is behind it; for tests only.
 *
 * The file is read anew at each call. Its lines, in any order:
 *
 *   init CODE                nvmlInit answers so
 *   driver VERSION           the driver's version
 *   card N                   there is a card of that number
 *   FACT N VALUE             uuid, name, bus, total, used, temperature, slowdown, most, busy, power, limit, reasons, recovery
 *   process N PID BYTES      it computes on that card
 *   code FUNCTION CODE       that function answers so, whatever is asked
 *   hang FUNCTION            that function never answers
 *
 * -DLACKS_nvmlFUNCTION leaves a function out, as an older library would.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUCCESS 0
#define INVALID 2
#define UNSUPPORTED 3
#define TOO_SMALL 7
#define LINE 256

typedef unsigned int uint;
typedef unsigned long long ulonglong;
typedef struct card *handle; /* its number plus one */

static FILE *scenario(void)
{
    const char *path = getenv("NVML_DOUBLE_SCENARIO");
    return fopen(path ? path : "/run/nvml-double", "r");
}

/* The rest of the first line that begins with these words; whether there is one. */
static int find(const char *words, char *rest)
{
    char line[LINE];
    size_t length = strlen(words);
    FILE *file = scenario();
    int found = 0;

    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, words, length) && (line[length] == ' ' || !line[length])) {
            strcpy(rest, line[length] ? line + length + 1 : "");
            found = 1;
        }
    }
    if (file)
        fclose(file);
    return found;
}

/* What a function answers before it has looked at anything. */
static int early(const char *function)
{
    char words[LINE], rest[LINE];

    snprintf(words, sizeof words, "hang %s", function);
    while (find(words, rest))
        sleep(1);
    snprintf(words, sizeof words, "code %s", function);
    return find(words, rest) ? atoi(rest) : SUCCESS;
}

#define BEGIN                                                                                      \
    do {                                                                                           \
        int code = early(__func__);                                                                \
        if (code)                                                                                  \
            return code;                                                                           \
    } while (0)

static int number(handle card) { return (int)(size_t)card - 1; }

static int text(handle card, const char *fact, char *into, uint size)
{
    char words[LINE], rest[LINE];

    snprintf(words, sizeof words, "%s %d", fact, number(card));
    if (!find(words, rest))
        return UNSUPPORTED;
    snprintf(into, size, "%s", rest);
    return SUCCESS;
}

static int value(handle card, const char *fact, ulonglong *into)
{
    char rest[LINE];
    int code = text(card, fact, rest, sizeof rest);

    if (!code)
        *into = strtoull(rest, NULL, 10);
    return code;
}

static int small(handle card, const char *fact, uint *into)
{
    ulonglong wide;
    int code = value(card, fact, &wide);

    if (!code)
        *into = (uint)wide;
    return code;
}

int nvmlInitWithFlags(uint flags)
{
    char rest[LINE];

    BEGIN;
    return find("init", rest) ? atoi(rest) : SUCCESS;
}

int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return SUCCESS; }

const char *nvmlErrorString(int code)
{
    switch (code) {
    case 3: return "Not Supported";
    case 9: return "Driver Not Loaded";
    case 12: return "NVML Shared Library Not Found";
    case 15: return "GPU is lost";
    case 16: return "GPU requires restart";
    case 18: return "Driver/library version mismatch";
    default: return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *version, uint size)
{
    char rest[LINE];

    BEGIN;
    if (!find("driver", rest))
        return UNSUPPORTED;
    snprintf(version, size, "%s", rest);
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(uint *count)
{
    char words[LINE], rest[LINE];

    BEGIN;
    for (*count = 0;; ++*count) {
        snprintf(words, sizeof words, "card %u", *count);
        if (!find(words, rest))
            return SUCCESS;
    }
}

int nvmlDeviceGetHandleByIndex_v2(uint index, handle *card)
{
    char words[LINE], rest[LINE];

    BEGIN;
    snprintf(words, sizeof words, "card %u", index);
    if (!find(words, rest))
        return INVALID;
    *card = (handle)(size_t)(index + 1);
    return *rest ? atoi(rest) : SUCCESS; /* `card 0 15`: this one is lost */
}

int nvmlDeviceGetUUID(handle card, char *into, uint size) { BEGIN; return text(card, "uuid", into, size); }
int nvmlDeviceGetName(handle card, char *into, uint size) { BEGIN; return text(card, "name", into, size); }

struct pci { char legacy[16]; uint domain, bus, device, id, subsystem; char address[32]; };

int nvmlDeviceGetPciInfo_v3(handle card, struct pci *pci)
{
    BEGIN;
    memset(pci, 0, sizeof *pci);
    return text(card, "bus", pci->address, sizeof pci->address);
}

struct memory { ulonglong total, free, used; };

int nvmlDeviceGetMemoryInfo(handle card, struct memory *memory)
{
    int code;

    BEGIN;
    if ((code = value(card, "total", &memory->total)) || (code = value(card, "used", &memory->used)))
        return code;
    memory->free = memory->total - memory->used;
    return SUCCESS;
}

struct utilization { uint gpu, memory; };

int nvmlDeviceGetUtilizationRates(handle card, struct utilization *rates)
{
    BEGIN;
    rates->memory = 0;
    return small(card, "busy", &rates->gpu);
}

int nvmlDeviceGetTemperature(handle card, int sensor, uint *degrees) { BEGIN; return small(card, "temperature", degrees); }

int nvmlDeviceGetTemperatureThreshold(handle card, int which, uint *degrees)
{
    BEGIN;
    return small(card, which == 1 ? "slowdown" : which == 3 ? "most" : "none", degrees);
}

int nvmlDeviceGetPowerUsage(handle card, uint *milliwatts) { BEGIN; return small(card, "power", milliwatts); }
int nvmlDeviceGetEnforcedPowerLimit(handle card, uint *milliwatts) { BEGIN; return small(card, "limit", milliwatts); }

#ifndef LACKS_nvmlDeviceGetCurrentClocksEventReasons
int nvmlDeviceGetCurrentClocksEventReasons(handle card, ulonglong *bits) { BEGIN; return value(card, "reasons", bits); }
#endif

int nvmlDeviceGetCurrentClocksThrottleReasons(handle card, ulonglong *bits) { BEGIN; return value(card, "reasons", bits); }

struct field { uint id, scope; long long at, took; int type, code; union { double d; uint u; ulonglong w; } value; };

#ifndef LACKS_nvmlDeviceGetFieldValues
int nvmlDeviceGetFieldValues(handle card, int count, struct field *fields)
{
    BEGIN;
    for (int at = 0; at < count; at++) {
        fields[at].type = 1;
        fields[at].code = small(card, fields[at].id == 230 ? "recovery" : "none", &fields[at].value.u);
    }
    return SUCCESS;
}
#endif

struct process { uint pid; ulonglong memory; uint instance, engine; };

#ifndef LACKS_nvmlDeviceGetComputeRunningProcesses_v3
int nvmlDeviceGetComputeRunningProcesses_v3(handle card, uint *count, struct process *processes)
{
    char line[LINE];
    uint room = *count;
    FILE *file;

    BEGIN;
    file = scenario();
    *count = 0;
    while (file && fgets(line, sizeof line, file)) {
        struct process it = {0, 0, ~0u, ~0u};
        int on;

        if (sscanf(line, "process %d %u %llu", &on, &it.pid, &it.memory) != 3 || on != number(card))
            continue;
        if (*count < room && processes)
            processes[*count] = it;
        ++*count;
    }
    if (file)
        fclose(file);
    return *count > room ? TOO_SMALL : SUCCESS;
}
#endif
