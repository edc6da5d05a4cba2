// Streams: the one type with a finaliser. Each holds one of a few channels, as a file holds a descriptor; a stream
// that the script forgot to close gives its channel back when it is swept.
#include "error.h"
#include "gc.h"
#include "malloc.h"
#include "object.h"

#define CHANNELS 4
#define CLOSED UINT32_MAX

typedef struct {
    uint32_t type;
    uint32_t channel;
    obj_t name;
} stream_t;

// What stands for the hardware: a sum of all that was written, per channel.
static struct {
    bool in_use;
    int32_t sum;
} channels[CHANNELS];

static uint32_t claim_channel(void)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        if (!channels[i].in_use) {
            channels[i].in_use = true;
            channels[i].sum = 0;
            return i;
        }
    }
    return CLOSED;
}

static stream_t *as_stream(obj_t value)
{
    if (!is_type(value, TYPE_STREAM)) {
        raise("not a stream", value);
    }
    return (stream_t *)value;
}

obj_t stream_open(obj_t name)
{
    stream_t *stream = m_malloc_with_finaliser(sizeof(stream_t));
    stream->type = TYPE_STREAM;
    stream->channel = claim_channel();
    stream->name = name;
    if (stream->channel == CLOSED) {
        raise("all channels are in use", name);
    }
    return (obj_t)stream;
}

void stream_write(obj_t value, int32_t number)
{
    stream_t *stream = as_stream(value);
    if (stream->channel == CLOSED) {
        raise("the stream is closed", stream->name);
    }
    channels[stream->channel].sum += number;
}

void stream_close(obj_t value)
{
    stream_t *stream = as_stream(value);
    if (stream->channel != CLOSED) {
        channels[stream->channel].in_use = false;
        stream->channel = CLOSED;
    }
}

size_t streams_in_use(void)
{
    size_t count = 0;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        count += channels[i].in_use;
    }
    return count;
}

void gc_finalise(void *ptr)
{
    stream_close((obj_t)ptr);
}
