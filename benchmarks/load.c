/* A crowd of Socket.IO clients over WebSockets on one thread, for benchmarks. Built by benchmarks/load.py.
 *
 * usage: load PORT CLIENTS [cookies=FILE] [room=CHALLENGE] [at_once=32]
 *
 * It connects the clients; with a room each sends the cookie of its line in FILE and joins. Then it prints {"up": n, …}
 * and obeys lines on its input, with one JSON line each:
 *   forget                     count from here
 *   expect NAME COUNT SECONDS [MESSAGE]   the first client sends MESSAGE; wait until all have COUNT events NAME
 *   idle SECONDS               answer pings
 *   calls COUNT MESSAGE        the first client sends MESSAGE (its number is 7) so often, each after the last answer
 *   casts RATE SECONDS IN_FLIGHT ROUND ENTRY,ENTRY,…   each client in turn casts a mark: RATE a second, or 0 for
 *                              IN_FLIGHT at once, each followed by another. ROUND 0 votes in the words of peers/votes.js
 *   drop                       close all connections at once, and go on without them
 * Frames of the lane "room" are checked: "gaps" and "disorder" must be 0.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum state { CONNECTING, SHAKING, OPENING, INTRODUCING, JOINING, UP, DEAD };

struct client {
  int fd;
  enum state state;
  size_t length, capacity;
  char *buffer, *cookie;
  long last; /* the number of the lane "room" */
};

struct event {
  char name[40];
  uint64_t count, bytes;
};

static struct client *clients;
static struct event events[16];
static int total, epoll, port, room, up, dead, next_client, answers;

/* Casts: the number of a cast is that of its message, from 10 on. */
static struct {
  int round, entries[2000], entry_count, ends, voter, in_flight;
  unsigned salt;
  uint64_t sent, answered, ok, busy;
  size_t capacity;
  double *sent_at, *took, until;
} box;
static void cast_next(void);
static uint64_t gaps, disorder;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void connect_next(void);

static void die(struct client *c) {
  if (c->state == DEAD) return;
  int was_up = c->state == UP;
  c->state = DEAD;
  dead++;
  close(c->fd);
  free(c->buffer);
  c->buffer = NULL;
  if (!was_up) connect_next();
}

static void send_frame(struct client *c, int opcode, const char *payload, size_t size) {
  static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
  unsigned char frame[2048];
  size_t head = 2;
  if (c->state == DEAD || size > sizeof frame - 8) return;
  frame[0] = 0x80 | opcode;
  if (size < 126) {
    frame[1] = 0x80 | size;
  } else {
    frame[1] = 0x80 | 126;
    frame[2] = size >> 8;
    frame[3] = size;
    head = 4;
  }
  memcpy(frame + head, mask, 4);
  head += 4;
  for (size_t i = 0; i < size; i++) frame[head + i] = payload[i] ^ mask[i & 3];
  if (send(c->fd, frame, head + size, MSG_NOSIGNAL) != (ssize_t)(head + size)) die(c);
}

static struct event *event_named(const char *name, size_t size) {
  size_t n = 0;
  while (n < size && n < sizeof events->name - 1 && name[n] != '"') n++;
  struct event *e = events;
  for (; e < events + 15 && e->name[0]; e++)
    if (strlen(e->name) == n && !memcmp(e->name, name, n)) return e;
  memcpy(e->name, name, n);
  e->name[n] = 0;
  return e;
}

static long number_after(const char *text, size_t size, const char *key) {
  char *at = memmem(text, size, key, strlen(key));
  return at ? atol(at + strlen(key)) : -1;
}

static void is_up(struct client *c) {
  c->state = UP;
  up++;
  connect_next();
}

static void on_event(struct client *c, const char *text, size_t size) {
  struct event *e = event_named(text, size);
  size_t head = size < 300 ? size : 300;
  e->count++;
  e->bytes += size;
  if (!memmem(text, head, "\"lane\":\"room\"", 13)) return;
  long after = number_after(text, head, "\"after\":"), seq = number_after(text, head, "\"seq\":");
  if (after < 0 || seq < 0) return;
  if (c->last >= 0 && after > c->last) gaps++;
  if (c->last >= 0 && seq <= c->last) disorder++;
  c->last = seq;
}

static void on_answer(struct client *c, const char *text, size_t size) {
  answers++;
  if (c->state == UP && box.capacity) {
    uint64_t id = strtoull(text + 2, NULL, 10) - 10;
    if (id >= box.sent) return;
    box.took[box.answered++] = now() - box.sent_at[id];
    box.ok += memmem(text, size, "\"ok\"", 4) && !memmem(text, size, "\"ok\":false", 10);
    box.busy += memmem(text, size, "\"busy\"", 6) != NULL;
    if (box.in_flight && now() < box.until) cast_next();
    return;
  }
  if (c->state != JOINING) return;
  if (memmem(text, size, "\"ok\":true", 9)) {
    c->last = number_after(text, size, "\"seq\":");
    is_up(c);
  } else {
    fprintf(stderr, "join refused: %.*s\n", (int)size, text);
    die(c);
  }
}

static void on_text(struct client *c, const char *text, size_t size) {
  if (text[0] == '0') {
    c->state = INTRODUCING;
    send_frame(c, 1, "40", 2);
  } else if (text[0] == '2') {
    send_frame(c, 1, "3", 1);
  } else if (text[0] == '4' && size > 1) {
    if (text[1] == '0' && c->state == INTRODUCING) {
      if (room) {
        char join[80];
        c->state = JOINING;
        send_frame(c, 1, join, snprintf(join, sizeof join, "420[\"join\",{\"room\":\"challenge-%d\"}]", room));
      } else {
        is_up(c);
      }
    } else if (text[1] == '2' && size > 5) {
      on_event(c, text + 4, size - 4);
    } else if (text[1] == '3') {
      on_answer(c, text, size);
    } else if (text[1] == '1' || text[1] == '4') {
      die(c);
    }
  }
}

static void connect_next(void) {
  if (next_client >= total) return;
  struct client *c = &clients[next_client++];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) {
    perror("socket");
    exit(1);
  }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  c->state = CONNECTING;
  c->buffer = malloc(c->capacity = 16384);
  c->last = -1;
  if (connect(c->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    perror("connect");
    exit(1);
  }
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.u32 = c - clients};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void shake(struct client *c) {
  char request[2048];
  int size = snprintf(
      request, sizeof request,
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Accept-Language: de\r\n%s%s%s\r\n",
      port, c->cookie ? "Cookie: schwarm=" : "", c->cookie ? c->cookie : "", c->cookie ? "\r\n" : "");
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = c - clients};
  epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e);
  c->state = SHAKING;
  if (send(c->fd, request, size, MSG_NOSIGNAL) != size) die(c);
}

/* Handles whole frames at the start of the buffer. Returns how many bytes they took. */
static size_t read_frames(struct client *c, size_t at) {
  while (c->state != DEAD && c->length - at >= 2) {
    unsigned char *f = (unsigned char *)c->buffer + at;
    size_t head = 2, size = f[1] & 127;
    if (size == 126) {
      if (c->length - at < 4) break;
      size = f[2] << 8 | f[3];
      head = 4;
    } else if (size == 127) {
      if (c->length - at < 10) break;
      size = 0;
      for (int i = 2; i < 10; i++) size = size << 8 | f[i];
      head = 10;
    }
    if (c->length - at < head + size) break;
    int opcode = f[0] & 15;
    if (opcode == 8) die(c);
    if (opcode == 9) send_frame(c, 10, (char *)f + head, size);
    if (opcode == 1 && size) on_text(c, (char *)f + head, size);
    at += head + size;
  }
  return at;
}

static void ready(struct client *c, uint32_t what) {
  if (c->state == DEAD) return;
  if (c->state == CONNECTING && (what & EPOLLOUT)) {
    shake(c);
    return;
  }
  if (c->capacity - c->length < 4096) c->buffer = realloc(c->buffer, c->capacity *= 2);
  ssize_t got = recv(c->fd, c->buffer + c->length, c->capacity - c->length, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    die(c);
    return;
  }
  c->length += got;
  size_t at = 0;
  if (c->state == SHAKING) {
    char *end = memmem(c->buffer, c->length, "\r\n\r\n", 4);
    if (!end) return;
    if (memcmp(c->buffer, "HTTP/1.1 101", 12)) {
      fprintf(stderr, "%.60s\n", c->buffer);
      die(c);
      return;
    }
    at = end + 4 - c->buffer;
    c->state = OPENING;
  }
  at = read_frames(c, at);
  if (c->state == DEAD) return;
  if (at && at < c->length) memmove(c->buffer, c->buffer + at, c->length - at);
  c->length -= at;
}

static void turn(int milliseconds) {
  struct epoll_event found[512];
  int count = epoll_wait(epoll, found, 512, milliseconds);
  for (int i = 0; i < count; i++) ready(&clients[found[i].data.u32], found[i].events);
}

static void tell(double begin) {
  int first = 1;
  printf("{\"up\":%d,\"dead\":%d,\"wall\":%.4f,\"gaps\":%lu,\"disorder\":%lu,\"got\":{", up, dead, now() - begin,
         (unsigned long)gaps, (unsigned long)disorder);
  for (struct event *e = events; e < events + 16; e++)
    if (e->count) {
      printf("%s\"%s\":[%lu,%lu]", first ? "" : ",", e->name, (unsigned long)e->count, (unsigned long)e->bytes);
      first = 0;
    }
  printf("}}\n");
}

static void expect(const char *line, double begin) {
  char name[40];
  int each = 1, at = 0;
  double seconds = 60;
  sscanf(line, "%39s %d %lf %n", name, &each, &seconds, &at);
  struct event *e = event_named(name, strlen(name));
  if (line[at]) send_frame(&clients[0], 1, line + at, strlen(line + at));
  while (e->count < (uint64_t)each * (total - dead) && now() - begin < seconds) turn(200);
  tell(begin);
}

static int by_size(const void *a, const void *b) {
  double x = *(double *)a, y = *(double *)b;
  return (x > y) - (x < y);
}

static void calls(const char *line) {
  int count = 1, at = 0;
  sscanf(line, "%d %n", &count, &at);
  double *took = calloc(count, sizeof *took);
  for (int n = 0; n < count; n++) {
    int before = answers;
    double begin = now();
    send_frame(&clients[0], 1, line + at, strlen(line + at));
    while (answers == before && now() - begin < 5) turn(100);
    took[n] = now() - begin;
    double rest = now() + 0.06; /* below the limit of events a second */
    while (now() < rest) turn(5);
  }
  qsort(took, count, sizeof *took, by_size);
  printf("{\"p50_ms\":%.3f,\"max_ms\":%.3f}\n", 1e3 * took[count / 2], 1e3 * took[count - 1]);
  free(took);
}

static void cast_next(void) {
  char text[400];
  uint64_t id = box.sent;
  if (id >= box.capacity || up == dead) return;
  do box.voter = (box.voter + 1) % total;
  while (clients[box.voter].state != UP);
  int who = box.voter, entry = box.entries[(id * 7 + who) % box.entry_count], value = id % 3 ? 1 : -1, size;
  if (box.round)
    size = snprintf(text, sizeof text,
                    "42%lu[\"cast\",{\"op\":\"%08x-0000-4000-8000-%012lx\",\"client\":\"%08x-0000-4000-8000-%012x\","
                    "\"n\":%lu,\"round\":%d,\"marks\":{\"%d\":%d}}]",
                    (unsigned long)id + 10, box.salt, (unsigned long)id, box.salt, who, (unsigned long)id, box.round,
                    entry, value);
  else
    size = snprintf(text, sizeof text, "42%lu[\"vote\",{\"idea\":%d,\"v\":%d}]", (unsigned long)id + 10, entry, value);
  box.sent++;
  box.sent_at[id] = now();
  send_frame(&clients[who], 1, text, size);
}

static void casts(const char *line, double begin) {
  double rate = 0, seconds = 0;
  int at = 0, in_flight = 1;
  sscanf(line, "%lf %lf %d %d %n", &rate, &seconds, &in_flight, &box.round, &at);
  box.entry_count = 0;
  for (const char *word = line + at; word && box.entry_count < 2000; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL)
    box.entries[box.entry_count++] = atoi(word);
  box.capacity = rate > 0 ? rate * seconds + 1 : 1000000;
  box.sent_at = calloc(box.capacity, sizeof(double));
  box.took = calloc(box.capacity, sizeof(double));
  box.sent = box.answered = box.ok = box.busy = 0;
  box.salt = (unsigned)(begin * 1e6) ^ getpid();
  box.in_flight = rate > 0 ? 0 : in_flight;
  box.until = begin + seconds;
  for (int n = 0; n < box.in_flight; n++) cast_next();
  while (now() < box.until) {
    while (rate > 0 && box.sent < (uint64_t)((now() - begin) * rate)) cast_next();
    turn(1);
  }
  double wall = now() - begin;
  while (box.answered < box.sent && now() - box.until < 30) turn(5);
  qsort(box.took, box.answered, sizeof(double), by_size);
  uint64_t n = box.answered;
  printf("{\"sent\":%lu,\"answered\":%lu,\"ok\":%lu,\"busy\":%lu,\"wall\":%.3f,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n",
         (unsigned long)box.sent, (unsigned long)n, (unsigned long)box.ok, (unsigned long)box.busy, wall,
         n ? 1e3 * box.took[n / 2] : 0, n ? 1e3 * box.took[n * 99 / 100] : 0);
  free(box.sent_at);
  free(box.took);
  box.capacity = 0;
}

int main(int argc, char **argv) {
  char line[16000];
  int at_once = 32;
  if (argc < 3) return 2;
  port = atoi(argv[1]);
  total = atoi(argv[2]);
  clients = calloc(total, sizeof *clients);
  epoll = epoll_create1(0);
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 3; i < argc; i++) {
    if (!strncmp(argv[i], "room=", 5)) room = atoi(argv[i] + 5);
    if (!strncmp(argv[i], "at_once=", 8)) at_once = atoi(argv[i] + 8);
    if (!strncmp(argv[i], "cookies=", 8)) {
      FILE *file = fopen(argv[i] + 8, "r");
      for (int n = 0; file && n < total && fgets(line, sizeof line, file); n++) {
        line[strcspn(line, "\t\n")] = 0;
        clients[n].cookie = strdup(line);
      }
      if (file) fclose(file);
    }
  }
  double begin = now();
  for (int n = 0; n < at_once; n++) connect_next();
  while (up + dead < total && now() - begin < 240) turn(1000);
  tell(begin);
  /* While nothing is asked, pings are still answered. */
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = 0};
  int both = epoll_create1(0);
  epoll_ctl(both, EPOLL_CTL_ADD, 0, &input);
  setvbuf(stdin, NULL, _IONBF, 0);
  for (;;) {
    while (epoll_wait(both, &input, 1, 0) == 0) turn(100);
    if (!fgets(line, sizeof line, stdin)) break;
    line[strcspn(line, "\n")] = 0;
    begin = now();
    if (!strcmp(line, "forget")) {
      for (struct event *e = events; e < events + 16; e++) e->count = e->bytes = 0;
      gaps = disorder = 0;
      printf("{}\n");
    } else if (!strncmp(line, "expect ", 7)) {
      expect(line + 7, begin);
    } else if (!strncmp(line, "idle ", 5)) {
      while (now() - begin < atof(line + 5)) turn(100);
      tell(begin);
    } else if (!strncmp(line, "calls ", 6)) {
      calls(line + 6);
    } else if (!strncmp(line, "casts ", 6)) {
      casts(line + 6, begin);
    } else if (!strcmp(line, "drop")) {
      for (int n = 0; n < total; n++) die(&clients[n]);
      tell(begin);
    } else {
      break;
    }
  }
  return 0;
}
