"""the logo and the colour of an organisation"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('organisation') as table:
        table.add_column(sa.Column('colour', sa.String(length=7), nullable=False, server_default=''))
        table.add_column(sa.Column('logo_id', sa.Integer(), nullable=True))
        table.create_foreign_key(op.f('fk_organisation_logo_id_image'), 'image', ['logo_id'], ['id'])


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM organisation WHERE colour <> '' OR logo_id IS NOT NULL", 'Logos and colours would be lost.'
    )
    with op.batch_alter_table('organisation') as table:
        table.drop_constraint(op.f('fk_organisation_logo_id_image'), type_='foreignkey')
        table.drop_column('logo_id')
        table.drop_column('colour')
