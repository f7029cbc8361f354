//! Stacks in large mappings: a chunk of many slots is one mapping, and so one entry in the kernel's list of mappings.
//!
//! A stack with a guard page made by `mprotect` costs two of the 65,530 mappings that a process may have, so that tens of
//! thousands of VUs would end in a failing `malloc`. Linux 6.13 can guard a page inside a mapping; older kernels take
//! `mprotect` and a bound on the number of stacks. Only touched pages of a stack count, so its size is free.

use std::{ffi::c_void, ptr, sync::Mutex};

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect};

/// Size of one slot, guard page included.
pub(crate) const SLOT_BYTES: usize = 512 << 10;
/// Lowest page of a slot: any access ends the process instead of reaching the neighbour's stack (rule 10).
pub(crate) const GUARD_BYTES: usize = 4 << 10;
/// Slots in one mapping. Small enough that a short run does not reserve gigabytes, large enough that 50,000 stacks are
/// some fifty mappings.
const SLOTS_PER_CHUNK: usize = 1024;
/// What stays resident of a slot that is given back: the next VU touches it at once.
const KEPT_BYTES: usize = 16 << 10;
/// `MADV_GUARD_INSTALL` of Linux 6.13; rustix does not name it yet.
const MADV_GUARD_INSTALL: i32 = 102;

/// Why there is no further stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SlabError {
    /// The kernel refused the mapping.
    #[error("no address space for another {SLOTS_PER_CHUNK} stacks: {0}")]
    Mapping(String),
    /// Old kernel: each stack takes two mappings.
    #[error(
        "{0} VUs need more memory mappings than the kernel allows: raise the sysctl vm.max_map_count, or use Linux 6.13 or newer"
    )]
    TooManyMappings(usize),
}

struct Slab {
    free: Vec<usize>,
    chunks: usize,
    guard: Guard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    Untried,
    Advice,
    Protection,
}

static SLAB: Mutex<Slab> = Mutex::new(Slab {
    free: Vec::new(),
    chunks: 0,
    guard: Guard::Untried,
});

unsafe extern "C" {
    #[link_name = "madvise"]
    fn libc_madvise(address: *mut c_void, length: usize, advice: i32) -> i32;
}

/// Takes a slot: the address of its lowest byte, which is the guard page's.
pub(crate) fn take() -> Result<usize, SlabError> {
    let mut slab = SLAB
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(slot) = slab.free.pop() {
        return Ok(slot);
    }
    slab.grow()?;
    slab.free
        .pop()
        .ok_or_else(|| SlabError::Mapping("no slot in a new chunk".to_owned()))
}

/// Gives a slot back and its deep pages to the kernel.
pub(crate) fn give_back(slot: usize) {
    let deep = SLOT_BYTES - GUARD_BYTES - KEPT_BYTES;
    // SAFETY: the range lies inside a slot that `take` handed out and that nobody runs on any more; guard pages are not in
    // it (rule 10). Losing the contents of a finished stack is harmless.
    let _ = unsafe {
        madvise(
            ptr::with_exposed_provenance_mut(slot + GUARD_BYTES),
            deep,
            Advice::LinuxDontNeed,
        )
    };
    SLAB.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .free
        .push(slot);
}

impl Slab {
    fn grow(&mut self) -> Result<(), SlabError> {
        if self.guard == Guard::Protection {
            let limit = max_map_count() / 2 * 9 / 10;
            if (self.chunks + 1) * SLOTS_PER_CHUNK > limit {
                return Err(SlabError::TooManyMappings(
                    (self.chunks + 1) * SLOTS_PER_CHUNK,
                ));
            }
        }
        let bytes = SLOTS_PER_CHUNK * SLOT_BYTES;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice touches nothing that exists.
        let base = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                bytes,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::STACK,
            )
        }
        .map_err(|error| SlabError::Mapping(error.to_string()))?;
        // A huge page would make every stack resident as a whole.
        // SAFETY: advice on the mapping just made.
        let _ = unsafe { madvise(base, bytes, Advice::LinuxNoHugepage) };
        let base = base.expose_provenance();
        for index in (0..SLOTS_PER_CHUNK).rev() {
            let slot = base + index * SLOT_BYTES;
            self.install_guard(slot)?;
            self.free.push(slot);
        }
        self.chunks += 1;
        Ok(())
    }

    /// Rule 10: no slot leaves here without its guard page.
    fn install_guard(&mut self, slot: usize) -> Result<(), SlabError> {
        let page: *mut c_void = ptr::with_exposed_provenance_mut(slot);
        if self.guard != Guard::Protection {
            // SAFETY: the page belongs to a mapping of ours that nobody uses yet.
            let installed = unsafe { libc_madvise(page, GUARD_BYTES, MADV_GUARD_INSTALL) } == 0;
            if installed {
                self.guard = Guard::Advice;
                return Ok(());
            }
            self.guard = Guard::Protection;
        }
        // SAFETY: as above.
        unsafe { mprotect(page, GUARD_BYTES, MprotectFlags::empty()) }
            .map_err(|_| SlabError::TooManyMappings((self.chunks + 1) * SLOTS_PER_CHUNK))
    }
}

fn max_map_count() -> usize {
    const KERNEL_DEFAULT: usize = 65_530;
    std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(KERNEL_DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_writable_above_its_guard_and_is_used_again() {
        let slot = take().unwrap();
        let top: *mut u8 = ptr::with_exposed_provenance_mut(slot + SLOT_BYTES - 8);
        let bottom: *mut u8 = ptr::with_exposed_provenance_mut(slot + GUARD_BYTES);
        // SAFETY: both bytes lie in the slot above its guard.
        unsafe {
            top.write(1);
            bottom.write(2);
            assert_eq!((top.read(), bottom.read()), (1, 2));
        }
        give_back(slot);
    }

    #[test]
    fn the_guard_page_cannot_be_read() {
        let slot = take().unwrap();
        // The kernel refuses to copy from a guarded page; reading it in this process would end the test run.
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/null")
            .unwrap();
        let mut pipe = std::io::pipe().unwrap();
        drop(file);
        // SAFETY: the slice is only handed to the kernel, which checks the pages itself.
        let page =
            unsafe { std::slice::from_raw_parts(ptr::with_exposed_provenance::<u8>(slot), 1) };
        let refused = rustix::io::write(&pipe.1, page);
        assert_eq!(refused, Err(rustix::io::Errno::FAULT));
        let _ = &mut pipe;
        give_back(slot);
    }
}
