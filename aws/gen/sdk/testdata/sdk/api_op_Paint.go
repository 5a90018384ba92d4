package x

type PaintInput struct {

	// This member is required.
	Colour types.Colour

	Coats *int32

	Wall *string
}

type PaintOutput struct{}

var schema = smithy.NewOperationSchema(schemas.Paint, schemas.PaintRequest, schemas.PaintResponse)
