//! The conformance suite over both kinds of projections.

use std::path::PathBuf;
use std::sync::Arc;

use concordat_core::clock::TestClock;
use concordat_seal::FileKek;

use crate::conformance::{Subject, fixture};
use crate::{Embedded, Options};

pub(super) const ORIGIN: &str = "concordat/northshire/log";

/// A store on the real disk.
struct OnDisk<const MEMORY: bool> {
    dir: tempfile::TempDir,
    options: Options,
    clock: TestClock,
    store: Option<Arc<Embedded>>,
}

impl<const MEMORY: bool> OnDisk<MEMORY> {
    fn path(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn stop(&mut self, cleanly: bool) {
        let store = self.store.take().unwrap();
        if cleanly {
            store.close();
        }
        assert!(Arc::into_inner(store).is_some(), "nobody else holds the store");
    }
}

impl<const MEMORY: bool> Subject for OnDisk<MEMORY> {
    type Store = Embedded;

    fn create() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = TestClock::at(fixture::start());
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let mut options = Options::new(Arc::new(clock.clone()), kek, ORIGIN);
        options.projections_in_memory = MEMORY;
        options.segment_bytes = 20_000;
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let mut subject = Self { dir, options, clock, store: None };
        subject.store = Some(Arc::new(Embedded::create(&subject.path(), subject.options.clone()).unwrap()));
        subject
    }

    fn store(&self) -> Arc<Embedded> {
        Arc::clone(self.store.as_ref().unwrap())
    }

    fn clock(&self) -> TestClock {
        self.clock.clone()
    }

    fn reopen(mut self, cleanly: bool) -> Self {
        self.stop(cleanly);
        self.store = Some(Arc::new(Embedded::open(&self.path(), self.options.clone()).unwrap()));
        self
    }

    fn rebuild(mut self) -> Self {
        self.stop(true);
        self.store = Some(Arc::new(Embedded::rebuild(&self.path(), self.options.clone()).unwrap()));
        self
    }
}

mod with_sled {
    crate::conformance_suite!(super::OnDisk<false>);
}

mod in_memory {
    crate::conformance_suite!(super::OnDisk<true>);
}
