package imports

import (
	"context"
	"encoding/json"
	"errors"

	"haidang"
	"haidang/geo/catalogue"
)

// Examine looks through the file of an import.
func (im *Importer) Examine(ctx context.Context, id int64, tell Teller) error {
	return im.stageOf(ctx, id, []State{Uploaded, Examining, Examined, Checked, Failed}, Examining, func(i Import) error {
		found, err := im.lookThrough(ctx, i, tell)
		if err != nil {
			return err
		}
		text, err := json.Marshal(found)
		if err != nil {
			return err
		}
		return im.change(ctx, id, []State{Examining}, `state = 'examined', findings = $3::jsonb, report = '{}', job = 0`, string(text))
	})
}

func (im *Importer) lookThrough(ctx context.Context, i Import, tell Teller) (found Findings, err error) {
	if isPicture(i.FileName) {
		return im.examinePicture(ctx, i)
	}
	err = im.withSource(ctx, im.path(i.ID), i.FileName, func(s source) (err error) {
		found, err = im.examine(ctx, s, tell)
		return err
	})
	return found, err
}

// Decide notes what people decided, before Check. What was checked before was checked
// for other decisions and can no longer be applied.
func (im *Importer) Decide(ctx context.Context, id int64, o Options) error {
	return im.decide(ctx, im.pool, id, o)
}

func (im *Importer) decide(ctx context.Context, db database, id int64, o Options) error {
	return im.changeIn(ctx, db, id, []State{Examined, Checked, Failed}, `state = 'examined', report = '{}', options = $3, layer = $4`, o, o.Layer)
}

// Check judges every feature and compares with the layer.
func (im *Importer) Check(ctx context.Context, id int64, tell Teller) error {
	return im.stageOf(ctx, id, []State{Examined, Checking, Checked, Failed}, Checking, func(i Import) error {
		if i.Findings == nil {
			return errNotExamined
		}
		if i.Findings.Picture != nil {
			return im.checkPicture(ctx, i, tell)
		}
		p, err := im.plan(ctx, i.Options, *i.Findings)
		if err != nil {
			return err
		}
		var rep Report
		err = im.withSource(ctx, im.path(id), i.FileName, func(s source) (err error) {
			rep, err = im.check(ctx, id, reader{s, im.limits}, p, tell)
			return err
		})
		if err != nil {
			return err
		}
		if rep.Origin, err = catalogue.Origin(ctx, im.pool, p.layer); err != nil {
			return err
		}
		return im.change(ctx, id, []State{Checking}, `state = 'checked', report = $3, layer_version = $4, job = 0`, rep, p.layer.Version)
	})
}

// Apply changes the layer as the check said.
func (im *Importer) Apply(ctx context.Context, id int64, tell Teller) error {
	i, err := im.Get(ctx, id)
	if err != nil {
		return err
	}
	if i.State == Applied { // a kill came after COMMIT: only the rest is left
		return im.remove(ctx, id)
	}
	err = im.stageOf(ctx, id, []State{Checked, Applying}, Applying, func(i Import) error {
		if i.Findings == nil || i.Report == nil {
			return errNotExamined
		}
		if i.Report.Picture != nil {
			return im.applyPicture(ctx, i, tell)
		}
		if i.Report.Refused > 0 && !i.Options.SkipRefused {
			t := sentence("%d trong %d đối tượng bị từ chối nên không ghi gì. Hãy sửa tệp, hoặc chọn bỏ qua chúng.",
				"%d of %d features are refused, so nothing is applied. Mend the file, or choose to skip them.", i.Report.Refused, i.Report.Read)
			return haidang.RefuseField("skipRefused", t.VI, t.EN)
		}
		if i.Report.Unnamed > 0 && i.Report.Gone > 0 && i.Options.DeleteGone {
			t := unnamedGone(i.Report.Unnamed)
			return haidang.RefuseField("deleteGone", t.VI, t.EN)
		}
		p, err := im.plan(ctx, i.Options, *i.Findings)
		if err != nil {
			return err
		}
		return im.apply(ctx, i, p, tell)
	})
	if err != nil {
		return err
	}
	return im.remove(ctx, id)
}

var errNotExamined = haidang.Refuse(haidang.ErrConflict, "Tệp chưa được xem xét hoặc kiểm tra.", "The file is not examined or checked yet.")

// stageOf marks the import as at work, and when the work fails puts it back with the
// reason: what was decided stays, so that it can be decided anew.
func (im *Importer) stageOf(ctx context.Context, id int64, from []State, at State, do func(Import) error) error {
	if err := im.change(ctx, id, from, `state = $3, text_vi = '', text_en = ''`, at); err != nil {
		return err
	}
	i, err := im.Get(ctx, id)
	if err != nil {
		return err
	}
	err = do(i)
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return err // interrupted: the next start goes on
	}
	text := haidang.Text{VI: "Lỗi của máy chủ; nhật ký có chi tiết.", EN: "The server failed; its log says more."}
	refusal, final := errors.AsType[*haidang.Error](err) // the queue tries anything else again
	if final {
		text = refusal.Text
	}
	return errors.Join(err, im.change(context.WithoutCancel(ctx), id, []State{at}, `state = $3, text_vi = $4, text_en = $5, job = CASE WHEN $6 THEN 0 ELSE job END`,
		begun[at], text.VI, text.EN, final))
}
