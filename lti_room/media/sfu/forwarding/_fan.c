/* The fan-out without the interpreter, many datagrams read at once, and packets decrypted.

   Fan-out: every packet to every row, rewritten, encrypted and sent in one call.

   What is the same for everybody comes ready from Python (header, extension block, payload); per row the header's
   numbers, the picture numbers and the transport-wide number are written over it, exactly as `fanout.py` does.
   Encryption is OpenSSL's AES-GCM where Python hands in a row's context (RFC 7714), else libsrtp's `srtp_protect` on
   the very contexts Python uses; Python hands in the functions' addresses, too. A stream's state says which indices
   were used: no nonce can be used twice. Nothing is allocated while the interpreter lock is released, and everything
   that is touched then is owned by the call or by the rows. */

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    LARGEST = 1356,        /* the largest plain packet */
    LARGEST_PROTECTED = 1500, /* what is longer is no packet of a browser's */
    STRIDE = 1504,         /* libsrtp may write 144 bytes behind a packet */
    SLOTS = 128,           /* packets encrypted before the kernel takes them */
    HEADER = 12,
    NUMBER_AT = HEADER + 9, /* where a counted packet has its transport-wide number */
    MOST_SEGMENTS = 40,    /* of one datagram train: 40 * 1500 stay below 65,507 bytes */
    DATAGRAMS = 64,        /* read at once */
    LARGEST_DATAGRAM = 2048,
    TIMESTAMPNS = 35,      /* SO_TIMESTAMPNS, and what the kernel calls its answer */
    SALT = 12,
    TAG = 16,
    GET_TAG = 0x10,        /* EVP_CTRL_AEAD_GET_TAG */
    WINDOW = 1024          /* how many indices behind the newest may still be used */
};

typedef int (*protect_function)(void *context, void *packet, int *length);

typedef struct {
    protect_function protect;
    int (*init)(void *context, void *cipher, void *engine, const unsigned char *key, const unsigned char *nonce);
    int (*update)(void *context, unsigned char *out, int *length, const unsigned char *in, int size);
    int (*final)(void *context, unsigned char *out, int *length);
    int (*control)(void *context, int what, int number, void *place);
} functions;

/* Which indices of one SSRC were used under its key; shared with Python, which only keeps it. */
typedef struct {
    uint64_t behind;              /* the newest index and 1; 0: none yet */
    uint64_t first_roll_over;     /* index >> 16 of the first one: for the other side roll-overs begin at 0 */
    uint64_t used[WINDOW / 64];   /* index % WINDOW: whether it was used */
} stream;

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

typedef struct {
    void *context, *gcm; /* of libsrtp; of OpenSSL, or NULL */
    uint64_t *number;    /* the subscriber's transport-wide counter */
    stream *sent;
    uint64_t sequence_offset;
    uint32_t ssrc, time_offset;
    uint16_t picture_offset;
    uint8_t tl0_offset, one_by_one;
    int fd;
    socklen_t address_length;
    unsigned char salt[SALT];
    address to;
} row;

typedef struct {
    Py_buffer number, sent;
} row_memory;

typedef struct {
    functions crypto;
    PyObject *keep; /* whatever owns contexts and sockets */
    row_memory *memory;
    Py_ssize_t count;
    row rows[];
} row_array;

typedef struct {
    Py_buffer whole;
    uint64_t sequence;
    uint32_t timestamp;
    uint16_t picture_id;
    uint8_t tl0, picture_id_wide, counted;
    int picture_id_at, tl0_at; /* from the packet's start; 0: none */
} packet;

typedef union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(uint16_t))];
} segment_control;

/* Used by one call at a time: `running` is changed under the interpreter lock only. */
static struct {
    int running, trains_refused, fd;
    unsigned used, messages;
    size_t lost;
} out;
static unsigned char slots[SLOTS][STRIDE];
static struct iovec parts[SLOTS];
static struct mmsghdr messages[SLOTS];
static row *message_rows[SLOTS];
static segment_control controls[SLOTS];

/* Used under the interpreter lock only. */
static struct {
    unsigned char data[DATAGRAMS][LARGEST_DATAGRAM];
    struct mmsghdr messages[DATAGRAMS];
    struct iovec parts[DATAGRAMS];
    address from[DATAGRAMS];
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct timespec))];
    } controls[DATAGRAMS];
    int used; /* so many messages, from the first on, have to be made ready */
} in = {.used = DATAGRAMS};

static const char ROWS[] = "lti_room.media.sfu.forwarding._fan.rows";

static void put16(unsigned char *at, uint16_t value) {
    value = htons(value);
    memcpy(at, &value, sizeof value);
}

static void put32(unsigned char *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

static void rewrite(unsigned char *at, const packet *p, const row *r) {
    put16(at + 2, (uint16_t)(p->sequence + r->sequence_offset));
    put32(at + 4, p->timestamp + r->time_offset);
    put32(at + 8, r->ssrc);
    if (p->picture_id_at && p->picture_id_wide)
        put16(at + p->picture_id_at, 0x8000 | ((p->picture_id + r->picture_offset) & 0x7FFF));
    else if (p->picture_id_at)
        at[p->picture_id_at] = (p->picture_id + r->picture_offset) & 0x7F;
    if (p->tl0_at)
        at[p->tl0_at] = (uint8_t)(p->tl0 + r->tl0_offset);
    if (p->counted)
        put16(at + NUMBER_AT, (uint16_t)(*r->number)++);
}

/* Take an index for one packet, as libsrtp's replay database does; 0: it was used, or is too old to know. */
static int take_index(stream *s, uint64_t index) {
    if (s->behind == 0)
        s->first_roll_over = index >> 16;
    if (index >> 16 < s->first_roll_over || index == UINT64_MAX)
        return 0;
    if (index >= s->behind) {
        if (s->behind == 0 || index - s->behind >= WINDOW)
            memset(s->used, 0, sizeof s->used);
        else
            for (uint64_t passed = s->behind; passed <= index; passed++)
                s->used[passed % WINDOW / 64] &= ~((uint64_t)1 << passed % 64);
        s->behind = index + 1;
    } else if (s->behind - index > WINDOW || s->used[index % WINDOW / 64] >> index % 64 & 1) {
        return 0;
    }
    s->used[index % WINDOW / 64] |= (uint64_t)1 << index % 64;
    return 1;
}

/* AES-GCM in place (RFC 7714 sections 8.1 and 9): nonce of SSRC, roll-over counter and number; the header with its
   extensions stays in the clear and is authenticated. 0 is success. */
static int seal(const functions *crypto, const row *r, uint64_t index, unsigned char *at, int *length) {
    unsigned char nonce[SALT] = {0};
    int extensions = at[0] & 0x10 ? 4 + 4 * (at[HEADER + 2] << 8 | at[HEADER + 3]) : 0;
    int header = HEADER + extensions, size = *length, done;
    if (!take_index(r->sent, index))
        return -1;
    memcpy(nonce + 2, at + 8, 4);
    put32(nonce + 6, (uint32_t)((index >> 16) - r->sent->first_roll_over));
    memcpy(nonce + 10, at + 2, 2);
    for (int n = 0; n < SALT; n++)
        nonce[n] ^= r->salt[n];
    if (header > size || crypto->init(r->gcm, NULL, NULL, NULL, nonce) != 1 ||
        crypto->update(r->gcm, NULL, &done, at, header) != 1 ||
        crypto->update(r->gcm, at + header, &done, at + header, size - header) != 1 ||
        crypto->final(r->gcm, at + size, &done) != 1 ||
        crypto->control(r->gcm, GET_TAG, TAG, at + size) != 1)
        return -1;
    *length = size + TAG;
    return 0;
}

static int encrypt(const functions *crypto, const row *r, const packet *p, unsigned char *at, int *length) {
    if (r->gcm != NULL)
        return seal(crypto, r, p->sequence + r->sequence_offset, at, length);
    return crypto->protect(r->context, at, length);
}

static void send_one_by_one(struct msghdr *train) {
    struct msghdr single = {.msg_name = train->msg_name, .msg_namelen = train->msg_namelen, .msg_iovlen = 1};
    for (size_t n = 0; n < train->msg_iovlen; n++) {
        ssize_t sent;
        single.msg_iov = train->msg_iov + n;
        do
            sent = sendmsg(out.fd, &single, MSG_DONTWAIT | MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        if (sent < 0)
            out.lost++;
    }
}

/* One message was refused. A train the way cannot take (EINVAL: larger than its MTU) goes packet by packet, and
   so do all later ones of its row; EIO says that no train can leave by this device. */
static void refused(unsigned n, int error) {
    struct msghdr *header = &messages[n].msg_hdr;
    if (header->msg_iovlen > 1 && (error == EINVAL || error == EIO || error == EMSGSIZE)) {
        message_rows[n]->one_by_one = 1;
        out.trains_refused |= error == EIO;
        send_one_by_one(header);
    } else {
        out.lost += header->msg_iovlen;
    }
}

static void flush(void) {
    unsigned at = 0;
    for (unsigned n = 0; n < out.messages; n++) {
        struct msghdr *header = &messages[n].msg_hdr;
        if (header->msg_iovlen < 2)
            continue;
        uint16_t size = (uint16_t)header->msg_iov[0].iov_len;
        header->msg_control = &controls[n];
        header->msg_controllen = sizeof controls[n];
        struct cmsghdr *control = CMSG_FIRSTHDR(header);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(control), &size, sizeof size);
    }
    while (at < out.messages) {
        int sent = sendmmsg(out.fd, messages + at, out.messages - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            at += (unsigned)sent;
        else if (errno != EINTR)
            refused(at++, errno);
    }
    out.used = out.messages = 0;
}

/* A train is packets of one size to one address; only its last may be shorter. */
static int joins_train(const row *r, const struct msghdr *train, size_t length) {
    size_t count = train->msg_iovlen, first = train->msg_iov[0].iov_len;
    return !r->one_by_one && !out.trains_refused && count < MOST_SEGMENTS && length <= first &&
           train->msg_iov[count - 1].iov_len == first;
}

static void put_on_its_way(row *r, size_t length, int trains, int row_begins) {
    parts[out.used].iov_base = slots[out.used];
    parts[out.used].iov_len = length;
    struct msghdr *last = out.messages ? &messages[out.messages - 1].msg_hdr : NULL;
    if (last != NULL && trains && !row_begins && joins_train(r, last, length)) {
        last->msg_iovlen++;
    } else {
        message_rows[out.messages] = r;
        messages[out.messages++].msg_hdr = (struct msghdr){
            .msg_name = &r->to,
            .msg_namelen = r->address_length,
            .msg_iov = &parts[out.used],
            .msg_iovlen = 1,
        };
    }
    out.used++;
}

static void send_all(row_array *rows, const packet *packets, Py_ssize_t count, int trains) {
    out.used = out.messages = 0;
    for (Py_ssize_t n = 0; n < rows->count; n++) {
        row *r = &rows->rows[n];
        int row_begins = 1;
        if (out.messages && r->fd != out.fd)
            flush();
        out.fd = r->fd;
        for (Py_ssize_t m = 0; m < count; m++) {
            const packet *p = &packets[m];
            if (out.used == SLOTS) {
                flush();
                row_begins = 1;
            }
            unsigned char *at = slots[out.used];
            int length = (int)p->whole.len;
            memcpy(at, p->whole.buf, (size_t)length);
            rewrite(at, p, r);
            if (encrypt(&rows->crypto, r, p, at, &length)) {
                out.lost++;
                continue;
            }
            put_on_its_way(r, (size_t)length, trains, row_begins);
            row_begins = 0;
        }
    }
    flush();
}

static int read_packet(PyObject *tuple, packet *p) {
    unsigned long long sequence, timestamp, picture_id, tl0;
    int wide, counted;
    if (!PyArg_ParseTuple(tuple, "y*KKiKpiKp;a packet", &p->whole, &sequence, &timestamp, &p->picture_id_at,
                          &picture_id, &wide, &p->tl0_at, &tl0, &counted))
        return -1;
    p->sequence = sequence;
    p->timestamp = (uint32_t)timestamp;
    p->picture_id = (uint16_t)picture_id;
    p->tl0 = (uint8_t)tl0;
    p->picture_id_wide = (uint8_t)wide;
    p->counted = (uint8_t)counted;
    Py_ssize_t size = p->whole.len;
    if (size < HEADER || size > LARGEST || (counted && size < NUMBER_AT + 2) || p->picture_id_at < 0 ||
        p->tl0_at < 0 || p->tl0_at >= size || p->picture_id_at >= size - wide) {
        PyErr_SetString(PyExc_ValueError, "a packet's length or positions are impossible");
        PyBuffer_Release(&p->whole);
        return -1;
    }
    return 0;
}

static void release_packets(packet *packets, Py_ssize_t count) {
    for (Py_ssize_t n = 0; n < count; n++)
        PyBuffer_Release(&packets[n].whole);
    PyMem_Free(packets);
}

static PyObject *forward(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *tuple;
    int trains;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!p:forward", &capsule, &PyTuple_Type, &tuple, &trains))
        return NULL;
    row_array *rows = PyCapsule_GetPointer(capsule, ROWS);
    if (rows == NULL)
        return NULL;
    if (out.running) {
        PyErr_SetString(PyExc_RuntimeError, "another thread is forwarding");
        return NULL;
    }
    Py_ssize_t count = PyTuple_Size(tuple);
    packet *packets = PyMem_Calloc(count ? (size_t)count : 1, sizeof *packets);
    if (packets == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t n = 0; n < count; n++) {
        if (read_packet(PyTuple_GetItem(tuple, n), &packets[n]) < 0) {
            release_packets(packets, n);
            return NULL;
        }
    }
    Py_INCREF(capsule);
    out.running = 1;
    out.lost = 0;
    Py_BEGIN_ALLOW_THREADS
    send_all(rows, packets, count, trains);
    Py_END_ALLOW_THREADS
    out.running = 0;
    size_t lost = out.lost;
    Py_DECREF(capsule);
    release_packets(packets, count);
    return PyLong_FromSize_t(lost);
}

static int read_address(row *r, const char *host, int port) {
    if (port > 0 && port < 65536 && inet_pton(AF_INET, host, &r->to.v4.sin_addr) == 1) {
        r->to.v4.sin_family = AF_INET;
        r->to.v4.sin_port = htons((uint16_t)port);
        r->address_length = sizeof r->to.v4;
        return 0;
    }
    if (port > 0 && port < 65536 && inet_pton(AF_INET6, host, &r->to.v6.sin6_addr) == 1) {
        r->to.v6.sin6_family = AF_INET6;
        r->to.v6.sin6_port = htons((uint16_t)port);
        r->address_length = sizeof r->to.v6;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "%.60s port %d is no address", host, port);
    return -1;
}

static int read_memory(PyObject *number, PyObject *sent, row_memory *memory) {
    if (PyObject_GetBuffer(number, &memory->number, PyBUF_WRITABLE) < 0)
        return -1;
    if (PyObject_GetBuffer(sent, &memory->sent, PyBUF_WRITABLE) < 0) {
        PyBuffer_Release(&memory->number);
        return -1;
    }
    uintptr_t places = (uintptr_t)memory->number.buf | (uintptr_t)memory->sent.buf;
    if (memory->number.len == sizeof(uint64_t) && memory->sent.len == sizeof(stream) && places % sizeof(uint64_t) == 0)
        return 0;
    PyErr_SetString(PyExc_ValueError, "a row without a counter of 8 bytes or without a stream's state");
    PyBuffer_Release(&memory->number);
    PyBuffer_Release(&memory->sent);
    return -1;
}

static int read_row(PyObject *tuple, const functions *crypto, row *r, row_memory *memory) {
    unsigned long long context, gcm, ssrc, sequence, time, picture, tl0;
    const char *host, *salt;
    Py_ssize_t salt_length;
    int port;
    PyObject *number, *sent;
    if (!PyArg_ParseTuple(tuple, "isiKKy#KKKKKOO;a row", &r->fd, &host, &port, &context, &gcm, &salt, &salt_length, &ssrc,
                          &sequence, &time, &picture, &tl0, &number, &sent))
        return -1;
    int has_functions = crypto->init && crypto->update && crypto->final && crypto->control;
    if (context == 0 || (gcm != 0 && (salt_length != SALT || !has_functions))) {
        PyErr_SetString(PyExc_ValueError, "a row without a context, or without a salt of 12 bytes and functions");
        return -1;
    }
    if (read_address(r, host, port) < 0 || read_memory(number, sent, memory) < 0)
        return -1;
    r->context = (void *)(uintptr_t)context;
    r->gcm = (void *)(uintptr_t)gcm;
    if (gcm != 0)
        memcpy(r->salt, salt, SALT);
    r->number = memory->number.buf;
    r->sent = memory->sent.buf;
    r->ssrc = (uint32_t)ssrc;
    r->sequence_offset = sequence;
    r->time_offset = (uint32_t)time;
    r->picture_offset = (uint16_t)picture;
    r->tl0_offset = (uint8_t)tl0;
    return 0;
}

static void release_rows(row_array *rows) {
    for (Py_ssize_t n = 0; n < rows->count; n++) {
        PyBuffer_Release(&rows->memory[n].number);
        PyBuffer_Release(&rows->memory[n].sent);
    }
    Py_XDECREF(rows->keep);
    PyMem_Free(rows->memory);
    PyMem_Free(rows);
}

static void destroy_rows(PyObject *capsule) {
    release_rows(PyCapsule_GetPointer(capsule, ROWS));
}

static int read_functions(PyObject *tuple, functions *crypto) {
    unsigned long long protect, init, update, final, control;
    if (!PyArg_ParseTuple(tuple, "KKKKK;addresses of functions", &protect, &init, &update, &final, &control))
        return -1;
    *crypto = (functions){
        .protect = (protect_function)(uintptr_t)protect,
        .init = (__typeof__(crypto->init))(uintptr_t)init,
        .update = (__typeof__(crypto->update))(uintptr_t)update,
        .final = (__typeof__(crypto->final))(uintptr_t)final,
        .control = (__typeof__(crypto->control))(uintptr_t)control,
    };
    return 0;
}

static PyObject *prepare(PyObject *module, PyObject *arguments) {
    PyObject *addresses, *tuple, *keep;
    functions crypto;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!O:prepare", &PyTuple_Type, &addresses, &PyTuple_Type, &tuple, &keep) ||
        read_functions(addresses, &crypto) < 0)
        return NULL;
    Py_ssize_t count = PyTuple_Size(tuple);
    row_array *rows = PyMem_Calloc(1, sizeof *rows + (size_t)count * sizeof(row));
    row_memory *memory = PyMem_Calloc(count ? (size_t)count : 1, sizeof *memory);
    if (rows == NULL || memory == NULL) {
        PyMem_Free(rows);
        PyMem_Free(memory);
        return PyErr_NoMemory();
    }
    rows->crypto = crypto;
    rows->memory = memory;
    while (rows->count < count) {
        row *next = &rows->rows[rows->count];
        if (read_row(PyTuple_GetItem(tuple, rows->count), &crypto, next, &memory[rows->count]) < 0) {
            release_rows(rows);
            return NULL;
        }
        rows->count++;
    }
    Py_INCREF(keep);
    rows->keep = keep;
    PyObject *capsule = PyCapsule_New(rows, ROWS, destroy_rows);
    if (capsule == NULL)
        release_rows(rows);
    return capsule;
}

static PyObject *read_from(const address *from) {
    char host[INET6_ADDRSTRLEN] = "";
    int port = 0;
    if (from->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &from->v4.sin_addr, host, sizeof host);
        port = ntohs(from->v4.sin_port);
    } else if (from->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &from->v6.sin6_addr, host, sizeof host);
        port = ntohs(from->v6.sin6_port);
    }
    return Py_BuildValue("(si)", host, port);
}

static PyObject *read_stamp(struct msghdr *header) {
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    if (control == NULL || control->cmsg_level != SOL_SOCKET || control->cmsg_type != TIMESTAMPNS ||
        control->cmsg_len != CMSG_LEN(sizeof(struct timespec)))
        return PyBytes_FromStringAndSize(NULL, 0);
    return PyBytes_FromStringAndSize((const char *)CMSG_DATA(control), sizeof(struct timespec));
}

static PyObject *read_datagram(unsigned n) {
    struct mmsghdr *message = &in.messages[n];
    PyObject *data = PyBytes_FromStringAndSize((const char *)in.data[n], message->msg_len);
    PyObject *from = read_from(&in.from[n]);
    PyObject *stamp = read_stamp(&message->msg_hdr);
    PyObject *datagram = data && from && stamp ? PyTuple_Pack(3, data, from, stamp) : NULL;
    Py_XDECREF(data);
    Py_XDECREF(from);
    Py_XDECREF(stamp);
    return datagram;
}

static void make_ready(void) {
    for (int n = 0; n < in.used; n++) {
        in.parts[n] = (struct iovec){.iov_base = in.data[n], .iov_len = LARGEST_DATAGRAM};
        in.messages[n].msg_hdr = (struct msghdr){
            .msg_name = &in.from[n],
            .msg_namelen = sizeof in.from[n],
            .msg_iov = &in.parts[n],
            .msg_iovlen = 1,
            .msg_control = &in.controls[n],
            .msg_controllen = sizeof in.controls[n],
        };
    }
}

/* The lock is kept: the call does not wait, and the memory is used by one at a time. */
static PyObject *receive(PyObject *module, PyObject *argument) {
    (void)module;
    int fd, count;
    if (!PyArg_Parse(argument, "i;a file descriptor", &fd))
        return NULL;
    make_ready();
    do
        count = recvmmsg(fd, in.messages, DATAGRAMS, MSG_DONTWAIT, NULL);
    while (count < 0 && errno == EINTR);
    in.used = count < 0 ? 1 : count;
    if (count < 0)
        count = 0;
    PyObject *found = PyList_New(count);
    for (int n = 0; found != NULL && n < count; n++) {
        PyObject *datagram = read_datagram((unsigned)n);
        if (datagram == NULL || PyList_SetItem(found, n, datagram) < 0)
            Py_CLEAR(found);
    }
    return found;
}

/* The lock is kept: it takes a microsecond. What is too long for a browser's packet is not looked at. */
static PyObject *unprotect(PyObject *module, PyObject *arguments) {
    static _Alignas(16) unsigned char opened[STRIDE];
    unsigned long long function, context;
    const char *data;
    Py_ssize_t size;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "KKy#:unprotect", &function, &context, &data, &size))
        return NULL;
    if (function == 0 || context == 0) {
        PyErr_SetString(PyExc_ValueError, "no function or no context");
        return NULL;
    }
    if (size > LARGEST_PROTECTED)
        Py_RETURN_NONE;
    int length = (int)size;
    memcpy(opened, data, (size_t)size);
    if (((protect_function)(uintptr_t)function)((void *)(uintptr_t)context, opened, &length))
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)opened, length);
}

static PyMethodDef methods[] = {
    {"prepare", prepare, METH_VARARGS,
     "prepare(functions, rows, keep) -> capsule\n\n`functions` are the addresses of srtp_protect, EVP_EncryptInit_ex,"
     "\nEVP_EncryptUpdate, EVP_EncryptFinal_ex and EVP_CIPHER_CTX_ctrl. Rows are (fd, host, port, libsrtp's context,"
     "\nOpenSSL's context or 0, salt, ssrc, sequence offset, time offset, picture offset, TL0PICIDX offset, counter of"
     "\n8 bytes, state of the stream). Raises ValueError, TypeError."},
    {"forward", forward, METH_VARARGS,
     "forward(rows, packets, trains) -> lost\n\nPackets are (bytes, sequence, timestamp, picture id at, picture id,"
     "\nwide, TL0PICIDX at, TL0PICIDX, counted). `trains`: use UDP GSO. Raises ValueError, TypeError, RuntimeError."},
    {"receive", receive, METH_O,
     "receive(fd) -> [(data, (host, port), stamp)]\n\nWhat waits on a UDP socket, at most 64 datagrams of 2048 bytes;"
     "\n`stamp` is the kernel's struct timespec of the arrival (SO_TIMESTAMPNS), or empty. Raises TypeError, OverflowError."},
    {"unprotect", unprotect, METH_VARARGS,
     "unprotect(function, context, data) -> bytes or None\n\n`function` is the address of libsrtp's srtp_unprotect or"
     "\nsrtp_unprotect_rtcp; None: it refused, or more than 1500 bytes. Raises ValueError, TypeError."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot no_slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_fan", "The fan-out without the interpreter.", 0, methods, no_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__fan(void) { return PyModuleDef_Init(&definition); }
