//! The calls that are no iterations: setup, teardown, `handleSummary`.

use std::{rc::Rc, sync::Arc};

use loadd_metrics::{TagSet, TagSetId};
use loadd_script::{Call, Input, ScriptFailure};

use super::{Vu, VuControl};

impl Vu {
    /// Marks the VU as busy with a hook; the handle cuts it off.
    pub(crate) fn begin_hook(&self) -> Rc<VuControl> {
        self.control.busy.set(true);
        Rc::clone(&self.control)
    }

    /// Calls setup or teardown.
    pub(crate) async fn call_hook(
        &mut self,
        function: &str,
        data: Option<Arc<str>>,
        tags: (TagSetId, Arc<TagSet>),
    ) -> Result<Option<String>, ScriptFailure> {
        self.io.host.enter_hook(tags);
        let call = Call {
            function: Rc::from(function),
            data,
            env: None,
            iteration: None,
            want_result: true,
        };
        let result = self.run(Input::Call(call)).await;
        self.record_bytes();
        result
    }

    /// Calls `handleSummary`, whose samples count for nothing.
    pub(crate) async fn call_summary(
        &mut self,
        data: Arc<str>,
    ) -> Result<Option<String>, ScriptFailure> {
        self.io.host.enter_summary();
        let function = Rc::from("handleSummary");
        let call = Call {
            function,
            data: Some(data),
            env: None,
            iteration: None,
            want_result: true,
        };
        self.run(Input::Call(call)).await
    }
}
