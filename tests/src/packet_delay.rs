//! Holds the packets of a network namespace back, and lets some overtake others,
//! where the kernel has no netem.
//!
//! The kernel hands each packet over by NFQUEUE and goes on with it when told to, so
//! that nothing but its time changes. The namespace's own TCP meets what it would
//! meet on a long line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use nfq::{Message, Queue, Verdict};
use nix::sched::{CloneFlags, setns};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The queue's number, of which each namespace has its own.
pub(crate) const QUEUE: u16 = 0;
/// How exactly the time of a packet is kept.
const STEP: Duration = Duration::from_millis(1);
/// So many packets are held at once; more are lost, as on a line with a full buffer.
const HELD: u32 = 4_096;
/// The chance of a packet not to be held back.
const OVERTAKES: f64 = 0.25;

/// Delays packets until it is dropped; those that are held then go at once.
#[derive(Debug)]
pub(crate) struct PacketDelay {
    /// Dropped to stop the thread.
    going_on: Option<SyncSender<()>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl PacketDelay {
    /// Takes the packets of the queue of a namespace from now on.
    pub(crate) fn start(namespace: &str, delay: Duration) -> Result<Self> {
        let namespace = File::open(Path::new("/run/netns").join(namespace))?;
        let (going_on, stopped) = sync_channel(0);
        let (ready, begun) = sync_channel(1);
        let thread = std::thread::spawn(move || {
            // Of this thread alone: the test itself stays where it is.
            setns(namespace, CloneFlags::CLONE_NEWNET)?;
            hold_back(delay, &stopped, &ready)
        });
        let mut this = Self { going_on: Some(going_on), thread: Some(thread) };
        match begun.recv() {
            Ok(()) => Ok(this),
            Err(_) => Err(this.end().err().context("no packets are handed over")?),
        }
    }

    fn end(&mut self) -> Result<()> {
        self.going_on = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().map_err(|_| anyhow!("the thread that delays packets panicked"))?
    }
}

impl Drop for PacketDelay {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            println!("packets were not delayed to the end: {error:#}");
        }
    }
}

fn hold_back(delay: Duration, stopped: &Receiver<()>, ready: &SyncSender<()>) -> Result<()> {
    let mut queue = Queue::open()?;
    queue.bind(QUEUE)?;
    queue.set_queue_max_len(QUEUE, HELD)?;
    queue.set_nonblocking(true);
    ready.send(())?;
    let mut random = StdRng::seed_from_u64(u64::from(QUEUE));
    let mut held: BTreeMap<(Instant, u64), Message> = BTreeMap::new();
    let mut number = 0;
    loop {
        match queue.recv() {
            Ok(message) => {
                let pause = if random.random_bool(OVERTAKES) {
                    Duration::ZERO
                } else {
                    delay.mul_f64(random.random_range(0.5..1.5))
                };
                held.insert((Instant::now() + pause, number), message);
                number += 1;
                continue;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        let later = held.split_off(&(Instant::now(), u64::MAX));
        for message in std::mem::replace(&mut held, later).into_values() {
            accept(&mut queue, message)?;
        }
        if stopped.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    held.into_values().try_for_each(|message| accept(&mut queue, message))
}

fn accept(queue: &mut Queue, mut message: Message) -> Result<()> {
    message.set_verdict(Verdict::Accept);
    Ok(queue.verdict(message)?)
}
